import { latestFix } from '@picket/shared/advisories/affects.ts';
import { advisories } from '@picket/shared/advisories/table.ts';
import { packageCommand } from '@picket/shared/etcd-packages/package-command.ts';
import { wayUpTo } from '@picket/shared/etcd-target.ts';
import { releaseIn } from '@picket/shared/protocol/clusters.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { isBeyondRelease } from '../controller/configuration/held-back.ts';
import { replacedMinor } from '../controller/version/version.ts';
import { isDeclared } from '../model/member-names.ts';
import type { Situation } from '../model/situation.ts';

type Moved = Reason<'other_minor_would_start'>;

/**
 * A member whose installed etcd has another minor version than the member runs or ran, and what puts that right; null if the next start fits, and if a
 * release takes the place of the package, and can reach the member. A member that runs a release, and should go back to the package, starts again from its
 * release. The command is from a table: a node reports only which system it has. Pure.
 */
export function movedEtcd(situation: Situation, member: string): Moved | null {
  const { spec, progress, status } = situation;
  const node = status.nodes[member];
  const { service, etcd, machine } = node?.status ?? {};
  const installed = service?.etcdVersion ?? null;
  const isDown = service?.state === 'held-back';
  const minor = replacedMinor(node) ?? (isDown ? (progress.etcdMinor ?? null) : null);
  if (service?.release !== undefined && !isDown) return null;
  if (minor === null || installed === null) return null;
  const isBeyond = isBeyondRelease(situation, member);
  // The first stage of an upgrade brings such a member a release.
  if (!isBeyond && (releaseIn(spec) !== null || progress.upgrade !== null)) return null;
  return reason('other_minor_would_start', {
    cluster: spec.name,
    member,
    installed,
    runs: isDown ? null : (etcd?.version ?? null),
    minor,
    command: machine?.system === undefined ? null : packageCommand(machine.system, minor),
    // Members that leave get none.
    release: isDeclared(spec, member) && !isBeyond ? latestFix(advisories, minor) : null,
    ...(isBeyond ? {} : wayUpTo(installed, minor)),
  });
}
