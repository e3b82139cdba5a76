import { Readable } from 'node:stream';
import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { PicketError } from '@picket/shared/errors.ts';
import { rendered } from '@picket/shared/protocol/messages.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type StreamLimits, streamPlaces } from '../connections/stream-places.ts';
import type { EventFilter } from '../inventory/events.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { ApiDeps } from './deps.ts';
import { eventFilter, eventView, requireNamed } from './events.ts';
import { operatorOf } from './mutual-tls.ts';
import { type App, route } from './route.ts';

/** Events that one stream has in memory at once. */
const atOnce = 50;
/** Bytes that wait in memory for a reader, besides the event that is being written. */
const aheadBytes = 16 * 1024;
/**
 * A reader whose machine has disappeared keeps its place no longer: heartbeats fit into the buffers of the kernel, so nothing else
 * shows that nobody reads them.
 */
const longestMs = 5 * 60_000;

interface EventStreamDeps extends ApiDeps {
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
}

/**
 * `GET /v1/events/stream`: server-sent events. The store is the queue: a stream reads the next events from the store
 * only when its reader has taken the ones before, so a slow reader costs no memory (R18).
 */
export function eventStreamRoute(app: App, deps: EventStreamDeps, limits: StreamLimits): void {
  const { inventory, reportSeconds, monotonic } = deps;
  const places = streamPlaces(limits);
  const beatMs = reportSeconds * 1000;

  // A HEAD would read the stream to an end that never comes.
  route(app, coordinatorContracts.eventStream, { exposeHeadRoute: false }, async (request, reply) => {
    const last = request.headers['last-event-id'];
    const cluster = request.query.cluster ?? null;
    const filter = eventFilter(request.query);
    // A reader that comes back goes on: what it follows may have been deleted since.
    if (last === undefined) await requireNamed(deps, request.query);
    const release = places.take(operatorOf(request).uri);
    const ended = endOf(request, reply, release);
    const isAdmitted = () => mayRead(app, request);
    const beganAt = monotonic();
    const beat = setInterval(() => {
      if (!isAdmitted() || monotonic() - beganAt >= longestMs) ended.abort();
    }, beatMs);
    beat.unref();
    ended.signal.addEventListener('abort', () => {
      clearInterval(beat);
      // A reader that has stopped reading would never come to the end.
      if (reply.raw.writableNeedDrain) reply.raw.destroy();
    });
    // Of what has ended already, no event comes.
    if (app.closing.signal.aborted || request.raw.socket.destroyed) ended.abort();
    const after = last === undefined ? inventory.eventNews.newest() : Number(last);
    const frames = framesFrom({ inventory, cluster, filter, after, beatMs, isAdmitted, signal: ended.signal });
    return reply
      .header('cache-control', 'no-store')
      .type('text/event-stream')
      .send(Readable.from(frames, { objectMode: false, highWaterMark: aheadBytes }));
  });

  /** Fires when the reader or the coordinator goes. */
  function endOf(request: FastifyRequest, reply: FastifyReply, release: () => void): AbortController {
    const ended = new AbortController();
    const end = () => ended.abort();
    const { socket } = request.raw;
    socket.once('close', end);
    reply.raw.once('close', end);
    app.closing.signal.addEventListener('abort', end, { once: true });
    ended.signal.addEventListener('abort', () => {
      release();
      socket.off('close', end);
      app.closing.signal.removeEventListener('abort', end);
    });
    return ended;
  }
}

/** A stream outlives certificates and operators: whoever may not connect any more is sent nothing either (R8). */
function mayRead(app: App, request: FastifyRequest): boolean {
  try {
    app.judge(request);
    return true;
  } catch (error) {
    if (error instanceof PicketError) return false;
    throw error;
  }
}

interface Reading {
  readonly inventory: Inventory;
  readonly cluster: string | null;
  readonly filter: EventFilter;
  /** The ID of the last event that the reader has; 0: from the oldest one that is kept. */
  readonly after: number;
  readonly beatMs: number;
  readonly isAdmitted: () => boolean;
  readonly signal: AbortSignal;
}

async function* framesFrom({ inventory, cluster, filter, after, beatMs, isAdmitted, signal }: Reading) {
  const { events, eventNews: news } = inventory;
  let last = after;
  let removals: number | null = after === 0 ? news.removals() : null;
  yield heartbeat(Math.min(last, news.newest()));
  while (!signal.aborted) {
    if (news.removals() !== removals) {
      removals = news.removals();
      const newest = news.newest();
      if (await events.isMissingAfter(last, cluster, newest)) yield gap(last);
      last = Math.min(last, newest);
    }
    // Before the store is read: what is committed later has a higher ID.
    const upTo = news.newest();
    const found = await events.oldest(atOnce, cluster, { ...filter, newerThan: last });
    if (signal.aborted || !isAdmitted()) return;
    for (const event of found) {
      yield `id: ${event.id}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
      if (signal.aborted) return;
    }
    last = found.length === atOnce ? (found.at(-1)?.id ?? last) : Math.max(upTo, found.at(-1)?.id ?? 0);
    if (news.newest() > last || found.length === atOnce) continue;
    await news.after(last, AbortSignal.any([signal, AbortSignal.timeout(beatMs)]));
    if (news.newest() <= last && !signal.aborted) yield heartbeat(last);
  }
}

/** The ID without data moves the reader on past the events that it did not ask for. */
function heartbeat(last: number): string {
  return `: the stream is up to date\nid: ${last}\n\n`;
}

function gap(after: number): string {
  return `event: gap\ndata: ${JSON.stringify(rendered(reason('events_missing', { after })))}\n\n`;
}
