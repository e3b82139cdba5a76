import type { Followed } from '@picket/coordinator/model/claims.ts';

/** The node that a seal is for, as the machine that it is. */
export interface Sealee {
  readonly node: string;
  readonly machine: number;
}

/**
 * Nobody here makes one up that is right: liars say what they like, but they have only what they were given.
 * @param nonce tells it from every other
 */
export function sealOf(followed: Followed, sealee: Sealee, nonce: number): string {
  return `${textOf(followed, sealee)} #${nonce}`;
}

export function isSealed(seal: string, followed: Followed, sealee: Sealee): boolean {
  return seal.startsWith(`${textOf(followed, sealee)} #`);
}

function textOf({ inventory, epoch, generation }: Followed, { node, machine }: Sealee): string {
  return `seal ${[inventory, epoch?.number ?? 0, epoch?.name ?? '', node, machine, generation].join(' ')}`;
}
