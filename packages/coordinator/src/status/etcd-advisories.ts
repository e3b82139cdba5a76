import { advisoriesFor, isGrave, type Judged } from '@picket/shared/advisories/advisories-for.ts';
import { fixedWithin } from '@picket/shared/advisories/affects.ts';
import { byVersion } from '@picket/shared/etcd-version.ts';
import type { AdvisoriesView, AdvisoryView } from '@picket/shared/protocol/advisories.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { authenticationSeen } from '../model/authentication-seen.ts';
import { electorate } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/** So many faults are named in a notice: the command that it names lists all. */
const mostNamed = 3;

/** The known faults of the etcd that the members run. Pure. */
export function etcdAdvisories(situation: Situation): AdvisoriesView {
  const versions = versionsOf(situation);
  return {
    cluster: situation.spec.name,
    versions: [...versions].map(([version, members]) => ({ version, members: [...members] })),
    advisories: judged(situation, [...versions.keys()]).map(viewOf),
  };
}

/** One notice for the cluster: its etcd can lose data or keep a member from starting, or else it has faults that do neither. Pure. */
export function advisoryNotices(situation: Situation): readonly Reason[] {
  const cluster = situation.spec.name;
  const applying = judged(situation, [...versionsOf(situation).keys()]).filter(({ verdict }) => verdict === 'applies');
  const grave = applying.filter(({ advisory }) => isGrave(advisory));
  if (grave.length > 0) {
    const rows = grave.map(({ advisory }) => advisory);
    const versions = versionsIn(grave);
    const fixes = [...new Set(versions.flatMap((version) => fixedWithin(rows, version) ?? []))];
    const ids = rows.slice(0, mostNamed).map(({ id }) => id);
    return [reason('etcd_can_lose_data', { cluster, versions, fixes, ids, count: rows.length })];
  }
  const [worst] = applying;
  if (worst === undefined) return [];
  const { id } = worst.advisory;
  return [reason('etcd_has_known_faults', { cluster, versions: versionsIn(applying), id, count: applying.length })];
}

/** By version, the members that run it, or have it installed and run none. */
function versionsOf({ spec, status }: Situation): ReadonlyMap<string, readonly string[]> {
  const all = spec.members.flatMap(({ name }) => {
    const { etcd, service } = status.nodes[name]?.status ?? {};
    const version = etcd?.version || (service?.state === 'running' ? null : service?.etcdVersion);
    return version ? [{ name, version }] : [];
  });
  const groups = Map.groupBy(all, ({ version }) => version);
  const ordered = [...groups].toSorted(([one], [other]) => byVersion(one, other));
  return new Map(ordered.map(([version, members]) => [version, members.map(({ name }) => name)]));
}

function judged(situation: Situation, versions: readonly string[]): readonly Judged[] {
  const { all } = electorate(situation);
  return advisoriesFor(versions, {
    authentication: authenticationSeen(situation),
    members: all === 0 ? null : all,
  });
}

function viewOf({ advisory, verdict, versions }: Judged): AdvisoryView {
  const { alsoKnownAs, affected, sources, ...words } = advisory;
  return {
    ...words,
    verdict,
    alsoKnownAs: [...alsoKnownAs],
    versions: [...versions],
    fixed: affected.flatMap(({ fixed }) => fixed ?? []),
    sources: [...sources],
  };
}

function versionsIn(found: readonly Judged[]): readonly string[] {
  return [...new Set(found.flatMap(({ versions }) => versions))].toSorted(byVersion);
}
