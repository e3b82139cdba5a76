import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { clockStepFrom, freshFor, longestSilence } from '../model/waits.ts';
import type { OperationSituation } from './operation.ts';

/**
 * Throws this code while the node has reported recently, or might have: reports are not stored at once, and their times
 * are unusable after the clock was set. So a coordinator must have run, by one clock, for as long as the agent of a
 * running node can be silent without an answer.
 */
export function requireUnheard(
  { spec, now, runsFor, lastHeard }: Pick<OperationSituation, 'spec' | 'now' | 'runsFor' | 'lastHeard'>,
  { nodeId, name }: { readonly nodeId: string; readonly name: string },
  code: 'member_heard' | 'node_heard',
): void {
  const heard = (left: number, why: Reason) =>
    failure(code, { nodeId, member: name, cluster: spec.name, reason: why, wait: `${Math.ceil(left / 1000)} s` });
  const { report, seen } = lastHeard(nodeId);
  for (const [at, counts] of [
    [report, freshFor],
    [seen, longestSilence],
  ] as const) {
    if (at === null) continue;
    const age = now - at;
    // A time after now is from before the clock was set back, unless the difference is a normal drift.
    if (age > -clockStepFrom && age < counts)
      throw heard(counts, reason('node_heard_ago', { nodeId, seconds: Math.max(0, Math.floor(age / 1000)) }));
  }
  if (runsFor >= longestSilence) return;
  throw heard(longestSilence - runsFor, reason('just_started'));
}
