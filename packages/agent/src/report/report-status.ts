import { authenticationOnReason } from '@picket/shared/etcd-authentication.ts';
import type {
  HeldCertificate,
  MachineReport,
  NodeStatus,
  RestoreToolReport,
  ServiceReport,
} from '@picket/shared/protocol/report.ts';
import { longestSentence } from '@picket/shared/protocol/words.ts';
import type { ServiceState } from '../host/host.ts';
import { lastWords } from '../model/last-words.ts';
import { purposes } from '../model/managed-files.ts';
import { type Accepted, type CurrentState, isMember, type Paths, type Plan } from '../model/model.ts';
import { serves } from '../model/serves.ts';
import { isDown, otherVersionHere, versionRemark, versionWait } from '../model/version-guard.ts';
import { lostDataReason } from '../reconcile/data-dir.ts';
import { endingsInWords, type ServiceNews, stoppedByHand } from './service-news.ts';
import { walDamage } from './wal-damage.ts';

export interface StatusFacts {
  readonly version: string;
  /** When this run of the agent began, as a timestamp. */
  readonly startedAt: string;
  readonly accepted: Accepted | null;
  readonly current: CurrentState;
  readonly news: ServiceNews;
  readonly plan: Plan;
  /** Why the conf.yml that is wanted is not in force: etcd cannot run with it (R6). */
  readonly rejected: string | null;
  readonly paths: Paths;
  /** What else keeps the node from its desired state: a step that failed, an answer that was refused. */
  readonly troubles: readonly string[];
  /** What else an operator should know, and that keeps the node from nothing. */
  readonly remarks: readonly string[];
  /** This node's own certificate. */
  readonly identity: HeldCertificate | null;
  readonly machine: MachineReport;
  /** null for a client node, and before the first look has ended. */
  readonly restoreTool: RestoreToolReport | null;
}

type Followed = Pick<NodeStatus['agent'], 'inventory' | 'epoch' | 'generationSeen' | 'seal'>;

const mostWaits = 20;
const longestLogLine = 1000;

/** This node's whole status, as the coordinator keeps it. Pure. */
export function nodeStatus(facts: StatusFacts): NodeStatus {
  const { current, plan, troubles } = facts;
  const { journal } = current;
  const waits = [...new Set([...troubles, ...plan.waits])].map((wait) => wait.slice(0, longestSentence));
  const held = purposes.flatMap((purpose) => {
    const state = current.credentials[purpose];
    return state.kind === 'held' ? [state.held] : [];
  });
  return {
    agent: {
      version: facts.version,
      startedAt: facts.startedAt,
      ...followed(facts),
      generationApplied: journal.generationApplied,
      waits: waits.slice(0, mostWaits),
    },
    service: serviceReport(facts),
    etcd: current.etcd,
    certificates: facts.identity === null ? held : [...held, facts.identity],
    lastStep: journal.lastStep,
    ...(journal.lastSnapshot === null ? {} : { lastSnapshot: journal.lastSnapshot }),
    ...(journal.lastUpkeep === null ? {} : { lastUpkeep: journal.lastUpkeep }),
    ...(facts.restoreTool === null ? {} : { restoreTool: facts.restoreTool }),
    machine: facts.machine,
  };
}

/**
 * What it follows: the desired state in hand, with the seal of that very one; where there is none, what the journal knows
 * to have been followed.
 */
function followed({ accepted, current: { journal } }: StatusFacts): Followed {
  if (accepted === null) {
    const { inventory, epoch, generationSeen } = journal;
    return { inventory, ...(epoch === null ? {} : { epoch }), generationSeen };
  }
  const { inventory, epoch, generation, seal } = accepted.document;
  return { inventory, ...(epoch === undefined ? {} : { epoch }), generationSeen: generation, seal };
}

function serviceReport({ accepted, current, news, plan, rejected, paths, remarks }: StatusFacts): ServiceReport {
  const { service, journal } = current;
  const ran = journal.startedWith?.incarnation ?? null;
  const wanted = accepted !== null && isMember(accepted) ? (accepted.document.etcd?.incarnation ?? null) : null;
  const lost = [wanted, ran]
    .filter((incarnation) => incarnation !== null)
    .map((incarnation) => lostDataReason(incarnation, current, paths.dataRoot))
    .find((reason) => reason !== null);
  const down = isDown(current);
  const other = otherVersionHere(accepted, current);
  const held = down && other !== null ? versionWait(other, current.etcdRemedy) : null;
  const remark = down || other === null ? null : versionRemark(other, current.etcdRemedy);
  // What an etcd that is held back said before is no evidence of what it would say now (R16).
  const damage =
    ran === null || held !== null || serves(current) ? null : walDamage(current.lastLog, `${paths.dataRoot}/${ran}`);
  // Advice on a running etcd must not have it ended that could not be started again.
  const troubled = (down ? lost : null) ?? held ?? remark ?? trouble(current, news);
  const reasons = [troubled, ...news.notices.map(({ text }) => text), ...remarks];
  const told = [...new Set(reasons)].filter((reason) => reason !== null);
  return {
    state: down && lost !== undefined ? 'lost-data' : held === null ? service.kind : 'held-back',
    incarnation: ran,
    etcdVersion: current.etcdVersion,
    restarts: 'restarts' in service ? service.restarts : 0,
    reason: told.length === 0 ? null : told.join('; ').slice(0, longestSentence),
    lastLog: current.lastLog.map((line) => line.slice(0, longestLogLine)),
    restartPending: plan.restartPending,
    rejected: rejected?.slice(0, longestSentence) ?? null,
    ...(damage === null ? {} : { damage }),
    ...(current.quorumRead ? { quorumRead: true } : {}),
    ...(current.authenticationOn ? { authenticationOn: true } : {}),
  };
}

/** What is wrong with the service itself, or null. */
function trouble(current: CurrentState, { endings }: ServiceNews): string | null {
  const { service, lastLog } = current;
  const words = lastWords(lastLog, service.kind === 'crashed');
  const said = words === null ? '' : `; its last words: ${words}`;
  switch (service.kind) {
    case 'absent':
      return null;
    case 'stopped':
      return stoppedByHand(current) ? 'etcd was stopped by hand (not by this agent)' : null;
    case 'crashed': {
      const often = endings !== null && endings.count > 1;
      return `${often ? endingsInWords(endings) : 'etcd ended by itself'}: ${service.how}${said}`;
    }
    case 'running':
      if (endings !== null && !serves(current)) return `${endingsInWords(endings)}${said}`;
      if (current.authenticationOn) return authenticationOnReason;
      return service.unsupervised === true
        ? 'etcd runs without its supervisor, which has ended: if etcd ends, this agent alone brings it back. `kill $(pidof etcd)` has it started under a new one; `rc-service etcd restart` does not'
        : null;
  }
}

/**
 * What can still be told of a node that could not be looked at: what etcd said last is not told on as if it had said
 * it again, or a dead etcd would pass for a healthy one for as long as nobody can look.
 *
 * @param service what the init system shows, where that much could be seen
 */
export function unobserved(status: NodeStatus, service: ServiceState | null, why: string): NodeStatus {
  const reason = why.slice(0, longestSentence);
  const how = service?.kind === 'crashed' ? `etcd ended by itself: ${service.how}. ` : '';
  const { quorumRead: _read, authenticationOn: _refused, damage, ...told } = status.service;
  const { state, restarts } = told;
  return {
    ...status,
    agent: { ...status.agent, waits: [reason] },
    service: {
      ...told,
      ...(damage === undefined || service === null || service.kind === 'running' ? {} : { damage }),
      state: service === null || (isDown({ service }) && stays(state)) ? state : service.kind,
      restarts: service !== null && 'restarts' in service ? service.restarts : restarts,
      reason: `${how}${reason}`.slice(0, longestSentence),
    },
    etcd: null,
  };
}

/** What is so by more than the service, and cannot have changed while that is down. */
function stays(state: ServiceReport['state']): boolean {
  return state === 'lost-data' || state === 'held-back';
}

/** Whether this generation has been carried out whole: nothing is left to do, and nothing is waited for. */
export function carriedOut(plan: Plan, troubles: readonly string[]): boolean {
  return plan.steps.length === 0 && plan.waits.length === 0 && troubles.length === 0;
}
