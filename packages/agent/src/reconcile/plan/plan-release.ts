import { reason } from '@picket/shared/reasons/reason.ts';
import { foreignConf } from '../../model/managed-files.ts';
import type { AcceptedMember, AgentStep, CurrentState, Paths, Plan } from '../../model/model.ts';
import { isDown } from '../../model/version-guard.ts';
import { nothing, retire, waiting } from './etcd/steps.ts';

/**
 * The plan of a member that the coordinator has released: its etcd stops and is not started at boot, what Picket wrote for
 * it goes, and its data is put away. An etcd whose life the coordinator does not name as over is not touched (R16), nor
 * one that this agent did not start (R13). Pure.
 */
export function planRelease({ document }: AcceptedMember, current: CurrentState, paths: Paths): Plan {
  const { journal, service, leftovers } = current;
  const ran = journal.startedWith?.incarnation ?? null;
  const running = service.kind === 'running';
  if (running && ran === null) return waiting(reason('unknown_etcd_runs'));
  if (ran !== null && !document.retired.includes(ran))
    return waiting(reason('life_goes_on', { incarnation: ran, isDown: isDown(current) }));
  const foreign = foreignConf(current, paths);
  if (running && foreign !== null) return waiting(foreign);
  const steps: AgentStep[] = [];
  if (ran !== null) steps.push(retire(ran));
  if (leftovers.files.length > 0) steps.push({ kind: 'remove-files', paths: leftovers.files });
  if (leftovers.lives.length > 0) steps.push({ kind: 'put-data-away', incarnations: leftovers.lives });
  return { ...nothing, steps };
}
