import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import { readKeptDesiredState } from '../coordinator/desired-state-file.ts';
import { credentialReader } from '../credentials/credential-state.ts';
import { openJournal } from '../journal/journal-store.ts';
import type { AgentDeps } from '../loop/agent.ts';
import { closedWay, type WayBack } from '../loop/closed-way.ts';
import { noPauses } from '../loop/pauses.ts';
import type { CoordinatorTime } from '../model/clock-doubt.ts';
import { confReader } from '../model/conf.ts';
import { type Accepted, type CurrentState, memberStateOf, type Plan } from '../model/model.ts';
import { localEtcd } from '../observe/local-etcd.ts';
import { type ObserveDeps, observe } from '../observe/observe.ts';
import { packageProblem } from '../programs/package-problem.ts';
import type { ProgramCheck } from '../programs/program-check.ts';
import { askWayBack } from '../reconcile/apply/way-back.ts';
import { plan } from '../reconcile/plan/plan.ts';
import { inForce } from '../reconcile/trial/trial.ts';

/** A node as it is, and what it should be. */
export interface NodeView {
  readonly accepted: Accepted | null;
  readonly current: CurrentState;
  readonly plan: Plan;
}

type LookDeps = Pick<AgentDeps, 'connectEtcd' | 'askClusterVersion'> &
  Omit<ObserveDeps, 'localEtcd' | 'readCredential'> & { readonly programCheck: Pick<ProgramCheck, 'look'> };

/**
 * Compares the node with this desired state, or with the stored one if null. It changes nothing, since an agent may be
 * running.
 */
export async function lookOnly(
  deps: LookDeps,
  document: DesiredState | null,
  coordinatorTime: CoordinatorTime | null,
): Promise<NodeView> {
  const { host, paths } = deps;
  const journal = (await openJournal(host.files, paths.stateDir)).current();
  const wanted = document ?? (await readKeptDesiredState(host.files, paths.stateDir));
  // Treats every lease as valid: a step that the running agent may take is no problem to report.
  const received = wanted === null ? null : { document: wanted, requestedAt: host.clock.monotonic() };
  const reader = confReader();
  const { why } = await deps.programCheck.look(memberStateOf(received)?.program);
  const wantedEtcdProblem = why ?? (await packageProblem(deps, received, journal));
  const ask: WayBack = (back, wanted, ordered) => askWayBack(back, wanted, ordered, deps);
  const closed = await closedWay(deps, reader, ask, { received, journal, wantedEtcdProblem });
  const accepted = inForce(received, journal, paths, reader, wantedEtcdProblem, closed);
  const etcd = localEtcd(deps.connectEtcd);
  try {
    const current = await observe({ ...deps, localEtcd: etcd, readCredential: credentialReader() }, accepted, {
      journal,
      coordinatorTime,
      wantedEtcdProblem,
      pausedUntil: { obtain: noPauses.obtain.until, start: noPauses.start.until },
      unstarted: null,
      unheld: noPauses.proofs,
      silence: null,
      ailing: null,
    });
    const planned = plan(accepted, current, paths, reader);
    return {
      accepted,
      current,
      plan: closed === null ? planned : { ...planned, waits: [closed.why, ...planned.waits] },
    };
  } finally {
    await etcd.close();
  }
}
