import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { voters } from '../model/health.ts';
import { isDeclared } from '../model/member-names.ts';
import type { Situation } from '../model/situation.ts';

/** That members come or leave in a cluster whose voters serve, and who; null if none do. Pure. */
export function movement(situation: Situation, all: number): Reason | null {
  const { spec, progress } = situation;
  const coming = spec.members.map(({ name }) => name).filter((name) => progress.members[name]?.phase !== 'voter');
  const known = voters(situation);
  const leaving = known.flatMap(([name]) => (isDeclared(spec, name) ? [] : [name]));
  const replaced = known.flatMap(([name, { leaving: ends }]) =>
    isDeclared(spec, name) && ends !== undefined && ends.learnerOnly !== true ? [name] : [],
  );
  const counts = { voters: all, declared: spec.members.length };
  const going = [...leaving, ...replaced];
  if (going.length === 0) return coming.length > 0 ? reason('members_missing', counts) : null;
  return coming.length > 0
    ? reason('members_change', { ...counts, coming, leaving: going })
    : reason('members_leave', { ...counts, leaving, replaced });
}
