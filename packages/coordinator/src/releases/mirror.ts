import { hostOf, isLinkLocal } from '@picket/shared/names.ts';
import { networkCode, networkProblem, networkWords } from '@picket/shared/network-problem.ts';
import type { Dispatcher } from 'undici';
import { lookUpReceiver, onlyLinkLocal } from '../connections/receiver-address.ts';

/** Why a mirror gave no file, as a clause. */
export class MirrorProblem extends Error {
  override readonly name = 'MirrorProblem';
  /** Another attempt may succeed. */
  readonly mayPass: boolean;

  constructor(message: string, mayPass: boolean, options?: ErrorOptions) {
    super(message, options);
    this.mayPass = mayPass;
  }
}

/** What a mirror sends of a file. */
export interface MirrorAnswer {
  /** Where it begins in the file: a mirror may ignore that only the rest was asked for. */
  readonly offset: number;
  /** How large the mirror says that the file is; null if it does not say. */
  readonly totalBytes: number | null;
  readonly body: AsyncIterable<Uint8Array>;
}

export type Mirror = ReturnType<typeof httpMirror>;

export interface MirrorTimes {
  readonly connectMs: number;
  /** Until the answer begins, and between two of its parts. */
  readonly silenceMs: number;
}

const patience: MirrorTimes = { connectMs: 10_000, silenceMs: 30_000 };
const mostRedirects = 5;

/**
 * Reads files by HTTP. Follows at most five redirects, and none to another scheme or to a link-local address, where a cloud serves the credentials of a
 * machine. What a mirror sends is trusted in nothing: the caller bounds and checks it.
 *
 * @param ca PEM of the authorities to trust; left out: those that Node.js trusts
 */
export function httpMirror(times = patience, ca?: string) {
  let opened: Promise<Client> | null = null;
  const open = () => (opened ??= openClient(times, ca));
  return {
    /** The file from this octet on. Throws {@link MirrorProblem}; so does the body. */
    async read(url: URL, offset: number, signal: AbortSignal): Promise<MirrorAnswer> {
      const { request, dispatcher } = await open();
      let at = url;
      for (let followed = 0; followed <= mostRedirects; followed += 1) {
        if (isLinkLocal(hostOf(at))) throw new MirrorProblem('it leads to a link-local address', false);
        const headers = {
          'accept-encoding': 'identity',
          'user-agent': 'picket-coordinator',
          ...(offset > 0 ? { range: `bytes=${offset}-` } : {}),
        };
        const answer = await request(at, { method: 'GET', headers, dispatcher, signal }).catch((error: unknown) => {
          throw connectionProblem(error);
        });
        const next = redirectOf(at, answer);
        if (next === null) return answerOf(answer, offset);
        answer.body.on('error', () => undefined).destroy();
        at = next;
      }
      throw new MirrorProblem(`it redirects more than ${mostRedirects} times`, false);
    },
    async close(): Promise<void> {
      await (await opened)?.dispatcher.destroy();
    },
  };
}

interface Client {
  readonly request: typeof import('undici').request;
  readonly dispatcher: Dispatcher;
}

/** Loaded only if a release is fetched, to save memory. */
async function openClient({ connectMs, silenceMs }: MirrorTimes, ca: string | undefined): Promise<Client> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({
    connect: { timeout: connectMs, lookup: lookUpReceiver, ...(ca === undefined ? {} : { ca }) },
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    keepAliveTimeout: 1000,
  });
  return { request, dispatcher };
}

type Answer = Dispatcher.ResponseData;

/** Where an answer redirects to; null if it is none. */
function redirectOf(from: URL, { statusCode, headers }: Answer): URL | null {
  if (statusCode < 300 || statusCode >= 400) return null;
  const { location } = headers;
  const to = typeof location === 'string' ? URL.parse(location, from.href) : null;
  if (to === null) throw new MirrorProblem(`it answers with HTTP status ${statusCode} and names no other place`, false);
  if (to.protocol !== from.protocol) throw new MirrorProblem('it redirects to another scheme', false);
  if (to.username !== '' || to.password !== '')
    throw new MirrorProblem('it redirects to a URL with a user name or a password', false);
  return to;
}

function answerOf({ statusCode, headers, body }: Answer, offset: number): MirrorAnswer {
  const length = Number(headers['content-length'] ?? Number.NaN);
  const whole = bounded(body);
  if (statusCode === 200) return { offset: 0, totalBytes: Number.isSafeInteger(length) ? length : null, body: whole };
  const [, first, total] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/.exec(String(headers['content-range'])) ?? [];
  if (statusCode === 206 && Number(first) === offset) return { offset, totalBytes: Number(total), body: whole };
  body.on('error', () => undefined).destroy();
  if (statusCode === 206 || statusCode === 416)
    throw new MirrorProblem('it sends another part than was asked for', true);
  throw new MirrorProblem(`it answers with HTTP status ${statusCode}`, statusCode >= 500 || statusCode === 429);
}

async function* bounded(body: Answer['body']): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of body) yield part as Uint8Array;
  } catch (error) {
    throw connectionProblem(error);
  } finally {
    body.on('error', () => undefined).destroy();
  }
}

const silent: readonly string[] = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];

function connectionProblem(error: unknown): unknown {
  if (error instanceof MirrorProblem || (error instanceof Error && error.name === 'AbortError')) return error;
  const code = networkCode(error);
  const known = networkProblem(code);
  const words = silent.includes(code)
    ? 'it sends nothing any more'
    : code === onlyLinkLocal
      ? 'it has link-local addresses only'
      : code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
        ? 'it sends another length than it says'
        : known === undefined
          ? `the connection failed (${/^[A-Z0-9_]{1,60}$/.test(code) ? code : 'unknown cause'})`
          : networkWords(known);
  return new MirrorProblem(words, known !== 'untrusted' && known !== 'other-name', { cause: error });
}
