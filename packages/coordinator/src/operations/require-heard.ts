import { failure } from '@picket/shared/errors.ts';
import { nodeNames } from '../model/member-names.ts';
import { isAwaited } from '../model/presence.ts';
import { asReported } from '../model/quarantine.ts';
import type { Situation } from '../model/situation.ts';

/**
 * Before nobody is found who could take a last snapshot: a member that serves may not have reported since the coordinator was started, or
 * since its clock was set, and no operator should give data up for that (R19). Throws `last_snapshot_later`.
 */
export function requireHeard({ spec, status, now }: Situation): void {
  const awaited = nodeNames({ spec, status }).flatMap((member) => {
    const node = status.nodes[member];
    if (node === undefined) return [];
    const { unsureUntil } = asReported(node);
    return unsureUntil !== undefined && isAwaited({ unsureUntil }, now) ? [{ member, leftMs: unsureUntil - now }] : [];
  });
  if (awaited.length === 0) return;
  const members = awaited.map(({ member }) => member).join(', ');
  const seconds = Math.floor(Math.max(...awaited.map(({ leftMs }) => leftMs)) / 1000) + 1;
  throw failure('last_snapshot_later', { cluster: spec.name, members, seconds });
}
