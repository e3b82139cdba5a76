import type { CurrentState } from '../model/model.ts';
import { serves } from '../model/serves.ts';

/** Monotonic milliseconds of the last test write, and how long that is enough. */
export interface DiskTries {
  readonly at: number;
  readonly forMs: number;
}

const firstTryMs = 10_000;
const longestTryMs = 3600 * 1000;
export const noDiskTries: DiskTries = { at: Number.NEGATIVE_INFINITY, forMs: firstTryMs / 2 };

/**
 * Whether to make a test write. A disk that takes no writes ends etcd, which then cannot even log why. While nothing
 * changes, the agent has nothing to write that would show this. So if etcd does not serve, the agent writes something,
 * ever more rarely: an etcd that waits for its peers for days must not wear out the card.
 */
export function isDiskTryDue({ at, forMs }: DiskTries, seen: Seen, now: number): boolean {
  return isDown(seen) && now - at >= forMs;
}

/** An etcd that serves writes itself. */
export function diskTriesSeeing(before: DiskTries, seen: Seen): DiskTries {
  return isDown(seen) ? before : noDiskTries;
}

export function afterDiskTry({ forMs }: DiskTries, at: number): DiskTries {
  return { at, forMs: Math.min(2 * forMs, longestTryMs) };
}

type Seen = Pick<CurrentState, 'service' | 'etcd' | 'quorumRead'>;

function isDown({ service, ...shown }: Seen): boolean {
  return service.kind === 'crashed' || (service.kind === 'running' && !serves(shown));
}
