import { isIP } from 'node:net';
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { pathOf } from '@picket/shared/contract/contract.ts';
import { joiningContracts } from '@picket/shared/contract/joining.ts';
import { nodeContracts } from '@picket/shared/contract/node.ts';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import { type Certificate, certificateFromDer } from '@picket/shared/pki/certificate.ts';
import { checkDates, verifyIssued } from '@picket/shared/pki/verify.ts';
import { misfit } from '@picket/shared/protocol/check.ts';
import { ReportAnswer, type ReportRequest } from '@picket/shared/protocol/report.ts';
import { withShortSentences } from '@picket/shared/protocol/sentences.ts';
import { connectionProblem } from '../http/connection-problem.ts';
import { refuseUpgrade } from '../http/refuse-upgrade.ts';
import { agentVersion } from '../program/version.ts';
import { readRemoteError } from './remote-error.ts';

/**
 * The coordinator's API for a node that cannot judge dates (R14). It verifies the certificate's chain, purpose and
 * name, and judges the dates by the clock that the coordinator itself reports. An attacker with an expired certificate
 * and its stolen key could answer here. So the node only reads the time and sends reports this way, and acts on nothing
 * that it receives.
 *
 * Each call opens its own connection and rejects as the calls of `CoordinatorClient` do.
 *
 * @param passed a moment that has surely passed, in milliseconds since the epoch: the agent refuses a coordinator whose
 *   clock is earlier
 */
export interface UndatedCoordinator {
  /** The coordinator's clock, to the second. */
  time(passed: number, signal?: AbortSignal): Promise<number>;
  report(request: ReportRequest, passed: number): Promise<ReportAnswer>;
}

export interface UndatedCoordinatorOptions {
  readonly url: string;
  /** PEM bundle of the authorities that may vouch for the coordinator. */
  readonly trust: string;
  /** Certificate and key of this node in one PEM. */
  readonly credential: string;
}

const deadlineMs = 10_000;
const mostAnswerBytes = 256 * 1024;
const mostCertificates = 5;

/** Opens no connection yet. */
export function undatedCoordinator(options: UndatedCoordinatorOptions): UndatedCoordinator {
  return {
    async time(passed, signal) {
      const { date } = await ask(options, passed, { path: pathOf(joiningContracts.trustBundle, {}), signal });
      return date;
    },
    async report(request, passed) {
      const { status, body } = await ask(options, passed, { path: pathOf(nodeContracts.report, {}), body: request });
      const value = withShortSentences(ReportAnswer, parseJson(body));
      const refusal = status === 200 ? undefined : readRemoteError(status, value);
      if (refusal !== undefined) throw refusal;
      const problem = status === 200 ? misfit(ReportAnswer, value) : `its status is ${status}`;
      if (problem !== undefined) throw invalid(options, `its answer is wrong: ${problem}`);
      return value as ReportAnswer;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly date: number;
  readonly body: string;
}

interface Question {
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
}

async function ask(options: UndatedCoordinatorOptions, passed: number, question: Question): Promise<Answer> {
  try {
    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = question.signal === undefined ? deadline : AbortSignal.any([deadline, question.signal]);
    const socket = await connected(options, signal);
    try {
      // Checked before anything is sent.
      const certificate = vouchedFor(socket, options, passed);
      const answer = await exchange(socket, options, signal, question);
      if (answer.date < passed) throw invalid(options, 'its clock shows a moment that has already passed');
      checkDates(certificate, new Date(answer.date));
      return answer;
    } finally {
      socket.destroy();
    }
  } catch (cause) {
    if (cause instanceof PicketError && cause.code.startsWith('coordinator_')) throw cause;
    const reason = cause instanceof PicketError ? cause.message : connectionProblem(cause);
    throw failure('coordinator_unreachable', { url: options.url, reason }, { cause });
  }
}

function connected({ url, credential }: UndatedCoordinatorOptions, signal: AbortSignal): Promise<TLSSocket> {
  const { port } = new URL(url);
  const host = hostOf(url);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      cert: credential,
      key: credential,
      minVersion: 'TLSv1.2',
      // OpenSSL reports only its last complaint about a chain. A complaint about dates would hide that no trusted
      // authority signed the certificate.
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const onAbort = () => socket.destroy(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', onAbort));
    socket.once('error', reject);
    socket.once('secureConnect', () => resolve(socket));
  });
}

function vouchedFor(socket: TLSSocket, { url, trust }: UndatedCoordinatorOptions, passed: number): Certificate {
  const [certificate, ...intermediates] = presented(socket.getPeerCertificate(true));
  if (certificate === undefined) throw invalid({ url }, 'it showed no certificate');
  verifyIssued(certificate, readBundle(trust), { purpose: 'serverAuth', intermediates });
  const host = hostOf(url);
  if (checkServerIdentity(host, socket.getPeerCertificate()) !== undefined) {
    const names = certificate.sans.map(({ value }) => value).join(', ');
    throw failure('coordinator_name_mismatch', { host, names: names || 'no host at all' });
  }
  // An expired certificate is wrong whatever the time is now.
  if (certificate.notAfter.getTime() < passed) checkDates(certificate, new Date(passed));
  return certificate;
}

function presented(first: DetailedPeerCertificate): readonly Certificate[] {
  const found: Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = first;
  while (next?.raw !== undefined && found.length < mostCertificates) {
    found.push(certificateFromDer(next.raw));
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return found;
}

async function exchange(
  socket: TLSSocket,
  options: UndatedCoordinatorOptions,
  signal: AbortSignal,
  { path, body }: Question,
): Promise<Answer> {
  // Loaded only when needed: a wrong clock is rare, and this module costs an idle agent memory.
  const { request } = await import('node:http');
  const { host } = new URL(options.url);
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    host,
    accept: 'application/json',
    connection: 'close',
    'user-agent': `picket-agent/${agentVersion}`,
    ...(content === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
  };
  const method = content === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const asking = request({ method, path, headers, signal, createConnection: () => socket }, (answer) => {
      const date = Date.parse(answer.headers.date ?? '');
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > mostAnswerBytes) answer.destroy(invalid(options, 'its answer is too long'));
      });
      answer.on('error', reject);
      answer.on('end', () => {
        if (Number.isNaN(date)) reject(invalid(options, 'it holds no time'));
        else resolve({ status: answer.statusCode ?? 0, date, body: text });
      });
    });
    asking.on('error', reject);
    refuseUpgrade(asking, reject);
    asking.end(content);
  });
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid({ url }: Pick<UndatedCoordinatorOptions, 'url'>, problem: string): PicketError {
  return failure('coordinator_answer_invalid', { url, problem });
}
