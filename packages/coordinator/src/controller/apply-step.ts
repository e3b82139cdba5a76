import type { Apply } from '../model/concern.ts';
import type { FreshNames } from '../model/fresh-names.ts';
import type { Instant } from '../model/instant.ts';
import type { ClusterProgress, Step } from '../model/progress.ts';
import { eachChanges, ofEach } from './concerns.ts';

const tables: { readonly [Kind in Step['kind']]: Apply<Kind> } = Object.assign({}, ...ofEach(({ apply }) => apply));

/** The progress after this step. Pure; the caller stores it durably before anyone sees an effect of it (R12). */
export function applyStep(
  progress: ClusterProgress,
  step: Step,
  cluster: string,
  fresh: FreshNames,
  now: Instant,
): ClusterProgress {
  const apply = tables[step.kind] as Apply<Step['kind']>;
  const after = { ...progress, ...apply(progress, step, { now, cluster, fresh }) };
  if (step.kind === 'freeze') return eachChanges(after, (concern, part) => concern.onFreeze?.(part, now));
  if (step.kind !== 'end-cluster') return after;
  const nodes = Object.fromEntries(step.nodes.map((node) => [node.name, node]));
  return eachChanges(after, (concern, part) => concern.onReset?.(part, { nodes }));
}
