import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { hostOf, isLinkLocal } from '@picket/shared/names.ts';
import { networkCode, networkProblem, networkWords } from '@picket/shared/network-problem.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { lookUpReceiver, onlyLinkLocal } from '../connections/receiver-address.ts';
import { type Channel, deliverySeconds, type Failure } from './channel.ts';
import type { Notification } from './words.ts';

interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** CA certificates to trust instead of the public ones, as PEM. */
  readonly ca: string | undefined;
}

interface Posted {
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** A receiver that gets each notification with a POST. */
export function postChannel(
  url: URL,
  { token, ca }: { readonly token?: string | undefined; readonly ca?: string | undefined },
  postedOf: (notification: Notification) => Posted,
): Channel {
  const shared = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return {
    target: url.origin,
    send(notification, signal) {
      const { headers, body } = postedOf(notification);
      return sendRequest({ method: 'POST', url, headers: { ...shared, ...headers }, body, ca }, signal);
    },
  };
}

/**
 * Sends a request and judges only the status of the answer. It follows no redirect, so the secrets in the headers go to
 * no other host, and it reads no body, however large (R18). Never rejects, and no failure repeats the URL (R11).
 */
export async function sendRequest({ method, url, headers, body, ca }: HttpRequest, signal: AbortSignal) {
  const deadline = AbortSignal.timeout(deliverySeconds * 1000);
  const target = url.origin;
  return new Promise<Failure>((resolve) => {
    const options = {
      method,
      agent: false,
      headers: { ...headers, 'user-agent': 'picket-coordinator', 'content-length': String(Buffer.byteLength(body)) },
      signal: AbortSignal.any([signal, deadline]),
      lookup: lookUpReceiver,
      ...(ca === undefined ? {} : { ca }),
    } as const;
    // An address needs no lookup.
    if (isLinkLocal(hostOf(url))) return resolve(failed(target, { code: onlyLinkLocal }, false));
    const sent = url.protocol === 'https:' ? tlsRequest(url, options) : plainRequest(url, options);
    sent.on('response', (response) => {
      response.on('error', () => undefined).destroy();
      resolve(judged(target, response.statusCode ?? 0));
    });
    sent.on('error', (error) => resolve(failed(target, error, deadline.aborted)));
    // After an answer with which a receiver switches protocols (101), nothing else comes.
    sent.on('close', () => resolve(failed(target, { code: 'ECONNRESET' }, deadline.aborted)));
    sent.end(body);
  });
}

function judged(target: string, status: number): Failure {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return reason('receiver_redirects', { target, status });
  return reason('receiver_answered', { target, status });
}

/** Why a connection failed, for any protocol. */
export function failed(target: string, error: unknown, isLate: boolean): Failure {
  if (isLate) return reason('receiver_silent', { target, seconds: deliverySeconds });
  return reason('receiver_unreachable', { target, problem: problemOf(networkCode(error)) });
}

function problemOf(code: string): string {
  if (code === onlyLinkLocal)
    return 'its address is link-local, and Picket sends nothing there: use another address of it';
  const known = networkProblem(code);
  if (known === 'untrusted') return `${networkWords(known)}; --ca names another one`;
  if (known !== undefined) return networkWords(known);
  return /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'unknown cause';
}
