import { failure, PicketError } from '@picket/shared/errors.ts';
import { problemList } from '@picket/shared/problems.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { fetchDesiredState } from '../coordinator/poll.ts';
import { toTheSecond } from '../coordinator/time-in-doubt.ts';
import { type Agent, openAgent } from '../loop/agent.ts';
import { tendIdentity } from '../loop/identity-loop.ts';
import { reconcileOnce } from '../loop/reconcile-once.ts';
import { sendReport } from '../loop/report-loop.ts';
import type { Plan } from '../model/model.ts';
import { orderRemark } from '../model/version-guard.ts';
import { silentLog } from '../program/log.ts';
import { agentDeps } from './agent-deps.ts';
import type { AgentIo, CommonOptions } from './io.ts';
import { lookOnly } from './look-only.ts';
import { alone } from './run.ts';
import { joinedIdentity, readSetting } from './setting.ts';

const patienceMs = 300;

/**
 * Runs one reconcile: fetches the desired state, acts, reports. If it cannot fetch one, it acts by the last one and
 * throws the reason (R10). If an agent already runs here, it only compares. Throws `node_not_as_desired` with the
 * reasons if the node is not yet as it should be.
 */
export async function onceCommand(io: AgentIo, options: CommonOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const identity = await joinedIdentity(setting);
  const deps = await agentDeps(io, setting, identity, silentLog);
  try {
    const reasons = await alone(setting.config.stateDir, patienceMs, async () =>
      reconcile(await openAgent(deps), io),
    ).catch(async (error: unknown) => {
      if (!(error instanceof PicketError) || error.code !== 'agent_running') throw error;
      const { document, date } = await askNow(deps.coordinator);
      io.stderr.write('Another picket-agent runs here and does the work. This command only compares.\n');
      const received = date === undefined ? null : toTheSecond(date, deps.host.clock.monotonic());
      const { accepted, current, plan } = await lookOnly(deps, document, received);
      sayOrder(io, orderRemark(accepted, current));
      return leftOf(plan.waits, plan);
    });
    if (reasons.length > 0) throw failure('node_not_as_desired', { reasons: problemList(reasons) });
    io.stdout.write('This node is as the coordinator wants it.\n');
  } finally {
    await deps.close();
  }
}

/** What goes on by an operator's order, whether this node has done its part or not. */
function sayOrder({ stderr }: AgentIo, ordered: AnyReason | null): void {
  if (ordered !== null) stderr.write(`Under way: ${inWords(ordered)}.\n`);
}

async function reconcile(agent: Agent, io: AgentIo): Promise<readonly string[]> {
  const { stderr } = io;
  try {
    const { identity } = agent.deps;
    const untended = await (identity === null ? Promise.resolve() : tendIdentity(agent, identity)).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const away = await fetchDesiredState(agent, 0).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const { complete, status, plan } = await reconcileOnce(agent);
    const reasons = complete ? [] : leftOf(status.agent.waits, plan);
    sayOrder(io, orderRemark(agent.memory.current.accepted, { journal: agent.journal.current() }));
    if (away !== null) {
      if (agent.memory.current.accepted !== null) {
        const found = reasons.length === 0 ? 'is as that says' : `is not yet as that says: ${problemList(reasons)}`;
        stderr.write(`This node goes on with its last desired state, and ${found}.\n`);
      }
      // An identity that has ended and was not recovered explains more than the coordinator's refusal does.
      throw (untended ?? away).error;
    }
    await sendReport(agent, status);
    await agent.deps.snapshots.ended();
    return reasons;
  } finally {
    await agent.localEtcd.close();
  }
}

async function askNow(coordinator: Agent['deps']['coordinator']) {
  const answer = await coordinator.desiredState(null, 0);
  return answer.kind === 'changed' ? answer : { ...answer, document: null };
}

/** What a node waits for, and what is left to do, in words. */
function leftOf(waits: readonly AnyReason[], { steps }: Pick<Plan, 'steps'>): readonly string[] {
  return [...waits.map(inWords), ...steps.map(({ kind }) => `left to do: ${kind}`)];
}
