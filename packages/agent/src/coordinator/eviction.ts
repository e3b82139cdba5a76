import type { Talk } from './heard.ts';
import { RemoteError } from './remote-error.ts';
import { doubtNow } from './time-in-doubt.ts';

/**
 * Remembers that the coordinator refuses this node because it was evicted. True if the error says so. While the clock is in
 * doubt it says nothing: the dates of the coordinator's certificate were perhaps not checked (R14).
 */
export function noteEviction(talk: Talk, error: unknown): boolean {
  if (!(error instanceof RemoteError) || error.code !== 'node_evicted' || doubtNow(talk) !== null) return false;
  if (!talk.memory.current.evicted) {
    talk.memory.remember({ kind: 'evicted' });
    talk.deps.log.warn({ problem: error.message }, 'the coordinator has evicted this node');
  }
  return true;
}
