import { following, voters } from './health.ts';
import type { Situation } from './situation.ts';

/** The ID of no member: with it, etcd says that some member's data differs and not whose. */
export const unnamedMember = '0';

/**
 * Who has raised this alarm, by name if that is known; null if no voter reports. Alarms go through raft, so all voters
 * show the same ones. What most of the reporting voters say counts; of several, one alone does not. etcd 3.5 raises
 * CORRUPT for {@link unnamedMember}.
 */
export function alarmedBy(situation: Situation, alarm: 'NOSPACE' | 'CORRUPT'): readonly string[] | null {
  const reports = voters(situation).flatMap(([name]) => {
    const etcd = situation.status.nodes[name]?.status?.etcd;
    return etcd && following(situation, name).ok ? [etcd] : [];
  });
  if (reports.length === 0) return null;
  const names = new Map(
    Object.entries(situation.progress.members).map(([name, { memberId }]) => [memberId, name] as const),
  );
  const shown = reports.flatMap(({ alarms }) => [...new Set(alarms)]);
  const raised = [...new Set(shown)].flatMap((text) => {
    const [kind, , id = ''] = text.split(' ');
    if (kind !== alarm || shown.filter((one) => one === text).length * 2 <= reports.length) return [];
    return [names.get(id) ?? id];
  });
  return raised.sort();
}
