import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Publication } from '../executor/publication-board.ts';
import type { ApiDeps } from './deps.ts';
import { refuseUntilReadopted, refuseWhileWithheld } from './resting.ts';
import type { App } from './route.ts';

const longestWaitSeconds = 60;

const polled = /^\/v1\/node\/desired-state(?:\?wait=(\d{1,3}))?$/;

type PollDeps = Pick<ApiDeps, 'executor' | 'logs' | 'publications' | 'restoration' | 'timeout'>;

/**
 * Lets the polls of known nodes wait before Fastify sees them, and answers those that end unchanged: that is what nearly all do, and
 * the hooks and the route would cost half of the time of an answer. A poll that must be refused, has news or an order to read a log goes
 * to Fastify as if it had just arrived, so that each other answer comes from one place. Call it once the server has its own listener.
 */
export function waitingPolls(app: App, deps: PollDeps): void {
  const { server } = app;
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const pass = (): void => {
      for (const listener of listeners) listener.call(server, request, response);
    };
    const seconds = secondsAsked(request);
    if (seconds === null) return pass();
    endsUnchanged(request, response, Math.min(longestWaitSeconds, seconds)).then(
      (unchanged) => {
        if (response.destroyed) return;
        if (!unchanged) return pass();
        response.writeHead(304, { 'cache-control': 'no-store' });
        response.end();
      },
      // For the same reason, the route refuses it.
      pass,
    );
  });

  /** Rejects with what forbids to answer the node. */
  async function endsUnchanged(request: IncomingMessage, response: ServerResponse, seconds: number): Promise<boolean> {
    const node = await app.admitPoll(request);
    if (node === null) return false;
    const { nodeId } = node;
    const shown = request.headers['if-none-match'] ?? null;
    if (seconds > 0) {
      mayBeTold(nodeId, node.cluster);
      const etag =
        publicationInForce(deps, nodeId) === null ? (deps.publications.current(nodeId)?.etag ?? shown) : shown;
      if (!deps.logs.awaits(nodeId)) await deps.publications.changed(nodeId, etag, longestWait(response, seconds));
    }
    // A poll can outlive its certificate: a node that was revoked or evicted meanwhile gets no answer (R8).
    const present = app.nodeStill(request);
    if (present === null) return false;
    // The cluster may have been deleted meanwhile, and its name may be another one's.
    mayBeTold(nodeId, present.cluster);
    // No answer extends a lease that should have been withdrawn meanwhile (R2).
    if (!deps.executor.isFresh(present.cluster) || deps.logs.awaits(nodeId)) return false;
    const held = publicationInForce(deps, nodeId);
    return held === null ? shown === null || deps.restoration.current === null : held.etag === shown;
  }

  /** "Unchanged" would extend the leases of a coordinator that may be behind (R5); without an answer, they end. */
  function mayBeTold(nodeId: string, cluster: string): void {
    refuseUntilReadopted(deps, nodeId);
    refuseWhileWithheld(deps, cluster, nodeId);
  }

  function longestWait(response: ServerResponse, seconds: number): AbortSignal {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    return AbortSignal.any([deps.timeout(seconds * 1000), gone.signal, app.closing.signal]);
  }
}

/** Publications from before a restore are the lost coordinator's, and may hold permits that have ended (R2, R5). */
export function publicationInForce(
  { publications, restoration }: Pick<PollDeps, 'publications' | 'restoration'>,
  nodeId: string,
): Publication | null {
  const publication = publications.current(nodeId);
  return publication?.epoch === (restoration.epoch?.name ?? null) ? publication : null;
}

/** null unless it is a poll as RFC 9112 wants it, without a body. */
function secondsAsked({ method, url = '', headers }: IncomingMessage): number | null {
  if (method !== 'GET' || headers.host === undefined) return null;
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return null;
  const asked = polled.exec(url);
  return asked === null ? null : Number(asked[1] ?? '0');
}
