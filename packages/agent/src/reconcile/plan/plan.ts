import { type ClientState, isMemberState } from '@picket/shared/protocol/desired-state.ts';
import { distinct } from '@picket/shared/reasons/likeness.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { type ConfReader, confReader } from '../../model/conf.ts';
import { clientBundle, clientKeyTarget, differing, foreignConf } from '../../model/managed-files.ts';
import type { Accepted, AcceptedMember, AgentStep, CurrentState, Paths, Plan } from '../../model/model.ts';
import { isDown } from '../../model/version-guard.ts';
import { planEtcd } from './etcd/plan-etcd.ts';
import { nothing, retire, waiting } from './etcd/steps.ts';
import { planCredentials } from './plan-credentials.ts';
import { planHold, planMaintenance, planMembership, planSnapshot } from './plan-orders.ts';
import { planProfile } from './plan-profile.ts';

/**
 * What must be done to make this node as the coordinator wants it, in the required order, and what prevents it. Pure:
 * the same arguments give the same plan, and a node that needs no change an empty one.
 *
 * A plan holds no step that could lose data, and no restart without a permit (R2, R4).
 */
export function plan(
  accepted: Accepted | null,
  current: CurrentState,
  paths: Paths,
  reader: ConfReader = confReader(),
): Plan {
  const doubt = current.clockDoubt === null ? [] : [reason('time_sync', { why: current.clockDoubt })];
  const { waits, ...rest } = planAccepted(accepted, current, paths, reader);
  return { ...rest, waits: distinct([...doubt, ...waits]) };
}

/** As if the clock were right, except that no date is judged while the clock is in doubt. */
function planAccepted(accepted: Accepted | null, current: CurrentState, paths: Paths, reader: ConfReader): Plan {
  if (accepted === null) return waiting(reason('first_desired_state'));
  const { document, ...rest } = accepted;
  return isMemberState(document)
    ? planMember({ ...rest, document }, current, paths, reader)
    : planClient(document, current, paths);
}

function planMember(accepted: AcceptedMember, current: CurrentState, paths: Paths, reader: ConfReader): Plan {
  if (accepted.document.letGo === true) return planLettingGo(accepted, current, paths);
  // Before the first incarnation, the files in the folder may not be this agent's: not even a certificate is written then.
  const foreign = foreignConf(current, paths);
  if (foreign !== null && Object.keys(current.journal.incarnations).length === 0) {
    return waiting(foreign);
  }
  const credentials = planCredentials(accepted.document, current, current.journal.startedWith !== null);
  const etcd = planEtcd({ accepted, current, paths, reader, obstacle: credentials.obstacle });
  const membership = planMembership(accepted, current);
  const profile = planProfile(accepted, current, paths);
  // A renewal waits until etcd is up, so that an unreachable coordinator cannot delay etcd (R10). But the certificates
  // for a restart are renewed before it (R2).
  const acts = [...etcd.steps, ...membership.steps];
  const restarts = acts.some(({ kind }) => kind === 'restart-etcd');
  const snapshot = restarts ? [] : planSnapshot(accepted, current);
  const rest = restarts ? [...credentials.renewals, ...acts] : [...acts, ...snapshot, ...credentials.renewals];
  const maintenance = restarts ? [] : planMaintenance(accepted, current);
  const hold = planHold(accepted, current);
  // Maintenance comes last: it is refused while the cluster cannot do without this member, and must delay nothing here.
  const steps: readonly AgentStep[] = [...credentials.needed, ...rest, ...profile.steps, ...hold.steps, ...maintenance];
  return {
    steps,
    waits: [...credentials.waits, ...etcd.waits, ...membership.waits, ...profile.waits, ...hold.waits],
    ...(etcd.hinders === undefined ? {} : { hinders: etcd.hinders }),
    restartPending: etcd.restartPending,
  };
}

/**
 * The plan of a client node: provide what clients of the cluster need. No step of this plan concerns an etcd, whatever
 * runs on the machine (R13). Pure.
 */
function planClient(document: ClientState, current: CurrentState, paths: Paths): Plan {
  const credentials = planCredentials(document, current, false);
  const profile = planProfile({ document }, current, paths);
  const files: AgentStep[] = differing([clientBundle(document, paths)], current.files).map((file) => ({
    kind: 'write-file',
    ...file,
  }));
  const link: AgentStep[] = current.clientKeyLink === clientKeyTarget ? [] : [{ kind: 'link-client-key' }];
  return {
    // What needs the coordinator comes last: if it is unreachable, everything else is done (R10).
    steps: [...files, ...link, ...profile.steps, ...credentials.needed, ...credentials.renewals],
    waits: [...credentials.waits, ...profile.waits],
    restartPending: false,
  };
}

/**
 * The plan of a member that the coordinator has let go: its etcd stops and is not started at boot, what Picket wrote for
 * it goes, and its data is put away. An etcd whose incarnation the coordinator does not name as over is not touched (R16), nor
 * one that this agent did not start (R13). Pure.
 */
function planLettingGo({ document }: AcceptedMember, current: CurrentState, paths: Paths): Plan {
  const { journal, service, leftovers } = current;
  const ran = journal.startedWith?.incarnation ?? null;
  const running = service.kind === 'running';
  if (running && ran === null) return waiting(reason('unknown_etcd_runs'));
  if (ran !== null && !document.retired.includes(ran))
    return waiting(reason('incarnation_goes_on', { incarnation: ran, isDown: isDown(current) }));
  const foreign = foreignConf(current, paths);
  if (running && foreign !== null) return waiting(foreign);
  const steps: AgentStep[] = [];
  if (ran !== null) steps.push(retire(ran));
  if (leftovers.files.length > 0) steps.push({ kind: 'remove-files', paths: leftovers.files });
  if (leftovers.incarnations.length > 0) steps.push({ kind: 'put-data-away', incarnations: leftovers.incarnations });
  return { ...nothing, steps };
}
