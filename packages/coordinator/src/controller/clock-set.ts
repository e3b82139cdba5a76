import type { ClusterProgress, Instant, MemberProgress } from './model.ts';

/**
 * The progress where it is not known how much time has passed since it was kept: the clock was set, or the coordinator
 * was not running. Every wait begins anew, so that no lease counts as over before it surely is (R2), and none is waited
 * for until a clock that was set back has caught up. Pure; the same progress if it waits for nothing.
 */
export function waitsBegunAnew(progress: ClusterProgress, now: Instant): ClusterProgress {
  const { permit, assignment, members, configuration, stalls, lapses } = progress;
  const { trial } = configuration;
  const underWay = Object.entries(members).some(([, { phase }]) => phase !== 'voter');
  const pauses = Object.keys(stalls).length + Object.keys(lapses).length > 0;
  if (permit === null && assignment === null && trial === null && !underWay && !pauses) return progress;
  return {
    ...progress,
    permit:
      permit === null ? null : { ...permit, issuedAt: now, withdrawnAt: permit.withdrawnAt === null ? null : now },
    // To ask again too early is safe, and what etcd has refused meanwhile is not known.
    assignment:
      assignment === null ? null : { ...assignment, issuedAt: Math.min(assignment.issuedAt, now), since: now },
    members: mapped(members, (member) => begunAnew(member, now)),
    configuration: { ...configuration, trial: trial === null ? null : { ...trial, since: now } },
    // A pause that is over already is not begun again: nothing is unsafe without it.
    stalls: mapped(stalls, (stall) => ({ ...stall, at: Math.min(stall.at, now) })),
    lapses: mapped(lapses, (at) => Math.min(at, now)),
  };
}

function begunAnew(member: MemberProgress, now: Instant): MemberProgress {
  if (member.phase === 'voter') return member;
  return { ...member, since: now, unfitSince: member.unfitSince === null ? null : now };
}

function mapped<Value>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
