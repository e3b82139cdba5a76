import { randomUUID } from 'node:crypto';
import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { PicketError } from '@picket/shared/errors.ts';
import { wasClosed } from './connection-problem.ts';
import type { ApiRequest, CoordinatorClient } from './coordinator-client.ts';
import type { Io } from './io.ts';
import { Refusal } from './refusal.ts';

/** A coordinator that restarts is back long before. */
const patienceMs = 30_000;
const firstPauseMs = 250;
const longestPauseMs = 4000;

interface Repeating extends Pick<Io, 'sleep' | 'monotonic' | 'interrupted'> {
  /** Tells the user what is being done. */
  readonly note: (text: string) => void;
}

/**
 * This client, with an idempotency key for each order. If the connection breaks before the answer, the order is sent again with
 * the same key, so that the coordinator carries it out once.
 */
export function repeatLost(client: CoordinatorClient, { sleep, monotonic, interrupted, note }: Repeating) {
  async function request(order: ApiRequest): Promise<unknown> {
    const { method, changesNothing = false } = order;
    if (changesNothing || (method !== 'POST' && method !== 'PATCH')) return client.request(order);
    const keyed = { ...order, idempotencyKey: randomUUID() };
    try {
      return await client.request(keyed);
    } catch (error) {
      if (!wasClosed(error)) throw error;
      return repeat(keyed, error);
    }
  }

  /** Throws the error of the first attempt if no answer says what became of it. */
  async function repeat(keyed: ApiRequest, lost: unknown): Promise<unknown> {
    const until = monotonic() + patienceMs;
    note(
      `The connection was closed before the answer, so the order may be done. picket tries for up to ${patienceMs / 1000} s to get the answer.`,
    );
    for (let failures = 1; ; failures += 1) {
      await sleep(doublingPauseMs(failures, firstPauseMs, longestPauseMs));
      if (interrupted.aborted || monotonic() > until) throw lost;
      try {
        return await client.request(keyed);
      } catch (error) {
        if (!mayComeStill(error)) throw isAboutTheOrder(error) ? error : lost;
      }
    }
  }

  return { ...client, request };
}

/** Whether this is about the first attempt too. Certificate, role and quota are checked before the key is looked at. */
function isAboutTheOrder(error: unknown): boolean {
  return error instanceof Refusal && ![401, 403, 429].includes(error.status);
}

/** Whether the coordinator can answer in a moment. */
function mayComeStill(error: unknown): boolean {
  if (error instanceof Refusal) return error.wire.code === 'idempotent_request_running';
  return wasClosed(error) || (error instanceof PicketError && error.code === 'coordinator_unreachable');
}
