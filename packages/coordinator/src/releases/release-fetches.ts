import { setTimeout as pause } from 'node:timers/promises';
import { failure, PicketError } from '@picket/shared/errors.ts';
import {
  archiveName,
  mostReleaseFileBytes,
  type ReleaseFetch,
  type ReleaseFetchView,
  type ReleaseView,
} from '@picket/shared/protocol/releases.ts';
import type { FastifyBaseLogger } from 'fastify';
import { type Mirror, MirrorProblem } from './mirror.ts';
import type { ReleaseStore } from './release-store.ts';

export interface ReleaseFetchesDeps {
  readonly mirror: Mirror;
  /** The folder of the releases, as a URL. */
  readonly from: string;
  readonly store: Pick<ReleaseStore, 'append' | 'add' | 'list' | 'abandon'>;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  readonly log: FastifyBaseLogger;
  readonly limits?: FetchLimits;
}

/** Bounds of one fetch (R18). */
export interface FetchLimits {
  /** So many of them in a row may bring nothing further. */
  readonly attempts: number;
  readonly pauseMs: number;
  /** Of all attempts together. */
  readonly totalMs: number;
  /** In each of these windows, at least so many octets must come. */
  readonly windowMs: number;
  readonly leastBytes: number;
}

const limitsOfFetch: FetchLimits = {
  attempts: 4,
  pauseMs: 2000,
  totalMs: 30 * 60_000,
  windowMs: 60_000,
  leastBytes: 256 * 1024,
};
const mostAtOnce = 2;
/** So many that have ended are remembered. */
const mostEnded = 16;

interface Fetch {
  readonly sha256: string;
  readonly asked: ReleaseFetch;
  readonly name: string;
  state: ReleaseFetchView['state'];
  receivedBytes: number;
  totalBytes: number | null;
  error: ReleaseFetchView['error'];
}

export type ReleaseFetches = ReturnType<typeof releaseFetches>;

/**
 * Fetches archives of etcd's releases from a mirror into the release store. The hash never comes from the mirror: whatever it sends is kept only if it
 * has the hash that an operator gave. A fetch that breaks goes on where it was; one that the coordinator's end breaks leaves nothing.
 */
export function releaseFetches({ mirror, from, store, monotonic, log, limits = limitsOfFetch }: ReleaseFetchesDeps) {
  const known = new Map<string, Fetch>();
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();

  async function attempt(fetch: Fetch, signal: AbortSignal): Promise<void> {
    const url = new URL(`${from.replace(/\/$/, '')}/v${fetch.asked.version}/${fetch.name}`);
    const { offset, totalBytes, body } = await mirror.read(url, fetch.receivedBytes, signal);
    if (totalBytes !== null && totalBytes > mostReleaseFileBytes) throw tooLarge();
    fetch.totalBytes = totalBytes;
    fetch.receivedBytes = offset;
    let window = { until: monotonic() + limits.windowMs, bytes: 0 };
    for await (const part of body) {
      if (fetch.receivedBytes + part.length > mostReleaseFileBytes) throw tooLarge();
      fetch.receivedBytes = await store.append(fetch.sha256, fetch.receivedBytes, part);
      window.bytes += part.length;
      if (monotonic() < window.until) continue;
      if (window.bytes < limits.leastBytes) throw new MirrorProblem('it sends too slowly', false);
      window = { until: monotonic() + limits.windowMs, bytes: 0 };
    }
    if (totalBytes !== null && fetch.receivedBytes < totalBytes)
      throw new MirrorProblem('it ended before the file did', true);
  }

  async function download(fetch: Fetch): Promise<void> {
    const late = AbortSignal.timeout(limits.totalMs);
    const signal = AbortSignal.any([closing.signal, late]);
    let furthest = 0;
    for (let tried = 1; ; tried += 1) {
      try {
        return await attempt(fetch, signal);
      } catch (error) {
        if (closing.signal.aborted) throw error;
        if (late.aborted) throw new MirrorProblem(`it took longer than ${limits.totalMs / 60_000} min`, false);
        const isFurther = fetch.receivedBytes >= furthest + limits.leastBytes;
        furthest = Math.max(furthest, fetch.receivedBytes);
        if (isFurther) tried = 1;
        if (!(error instanceof MirrorProblem) || !error.mayPass || tried >= limits.attempts) throw error;
        await pause(limits.pauseMs * tried, undefined, { signal });
      }
    }
  }

  async function run(fetch: Fetch, stored: (release: ReleaseView) => Promise<void>): Promise<void> {
    const { sha256, name, asked } = fetch;
    try {
      await download(fetch);
      const release = await store.add(sha256, { name, architecture: asked.architecture });
      fetch.state = 'stored';
      await stored(release).catch((error: unknown) => {
        log.error({ err: error, reference: sha256, name }, 'a release was stored, and nobody could be told of it');
      });
    } catch (error) {
      await store.abandon(sha256);
      if (closing.signal.aborted) return;
      const told = toldOf(error, fetch, from);
      if (told.code === 'internal')
        log.error({ err: error, reference: sha256 }, `the release ${name} could not be fetched`);
      fetch.error = told.toWire();
      fetch.state = 'failed';
    }
  }

  function viewOf({ sha256, asked, name, state, receivedBytes, totalBytes, error }: Fetch): ReleaseFetchView {
    return { sha256, name, ...asked, state, receivedBytes, totalBytes, error };
  }

  function forgetOld(): void {
    const ended = [...known.values()].filter(({ state }) => state !== 'fetching');
    for (const { sha256 } of ended.slice(0, Math.max(0, ended.length - mostEnded))) known.delete(sha256);
  }

  return {
    from,
    list: () => [...known.values()].map(viewOf),
    /**
     * Begins to fetch, or says how far it is. Throws `release_uploads_busy`.
     *
     * @param stored is called once the release is in the store
     */
    begin(sha256: string, asked: ReleaseFetch, stored: (release: ReleaseView) => Promise<void>): ReleaseFetchView {
      const before = known.get(sha256);
      if (before?.state === 'fetching') return viewOf(before);
      const fetch: Fetch = {
        ...{ sha256, asked, name: archiveName(asked.version, asked.architecture) },
        ...{ state: 'fetching', receivedBytes: 0, totalBytes: null, error: null },
      };
      known.delete(sha256);
      known.set(sha256, fetch);
      if (store.list().some((one) => one.sha256 === sha256)) fetch.state = 'stored';
      else {
        const running = [...known.values()].filter(({ state }) => state === 'fetching');
        if (running.length > mostAtOnce) {
          known.delete(sha256);
          throw failure('release_uploads_busy', { most: mostAtOnce, minutes: limits.totalMs / 60_000 });
        }
        const work = run(fetch, stored).finally(() => underWay.delete(work));
        underWay.add(work);
      }
      forgetOld();
      return viewOf(fetch);
    },
    /** Ends what is under way, and leaves nothing of it. */
    async close(): Promise<void> {
      closing.abort();
      await Promise.all(underWay);
      await mirror.close();
    },
  };
}

function tooLarge(): MirrorProblem {
  return new MirrorProblem(`it sends more than ${mostReleaseFileBytes} bytes`, false);
}

function toldOf(error: unknown, { name, sha256 }: Fetch, mirror: string): PicketError {
  if (error instanceof PicketError) return error;
  if (error instanceof MirrorProblem) return failure('release_fetch_failed', { name, mirror, problem: error.message });
  return failure('internal', { reference: sha256 });
}
