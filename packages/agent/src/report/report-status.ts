import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type {
  HeldCertificate,
  MachineReport,
  NodeStatus,
  RestoreToolReport,
  ServiceReport,
} from '@picket/shared/protocol/report.ts';
import { distinct } from '@picket/shared/reasons/likeness.ts';
import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { logWithoutSecrets } from '@picket/shared/secrets.ts';
import type { ServiceState } from '../host/host.ts';
import { lastWords } from '../model/last-words.ts';
import { allPurposes } from '../model/managed-files.ts';
import { type Accepted, type CurrentState, memberStateOf, type Paths, type Plan } from '../model/model.ts';
import { reported } from '../model/reported.ts';
import { serves } from '../model/serves.ts';
import { hasNoWayBack, isDown, otherVersionHere, versionRemark, versionWait } from '../model/version-guard.ts';
import { lostDataReason } from '../reconcile/data-dir.ts';
import { dataDamage, walDamage } from './damage.ts';
import { endingFacts, type ServiceNews, stoppedByHand } from './service-news.ts';

interface StatusFacts {
  readonly version: string;
  /** When this run of the agent began, as a timestamp. */
  readonly startedAt: string;
  readonly accepted: Accepted | null;
  readonly current: CurrentState;
  readonly news: ServiceNews;
  readonly plan: Plan;
  /** Why the wanted conf.yml is not in force: etcd cannot run with it (R6). */
  readonly rejected: AnyReason | null;
  readonly paths: Paths;
  /** What else keeps the node from its desired state: a failed step, a refused answer. */
  readonly troubles: readonly AnyReason[];
  /** What else an operator should know, and that prevents nothing. */
  readonly remarks: readonly AnyReason[];
  /** This node's own certificate. */
  readonly identity: HeldCertificate | null;
  readonly machine: MachineReport;
  /** null for a client node, and before the first observation has ended. */
  readonly restoreTool: RestoreToolReport | null;
}

type Followed = Pick<NodeStatus['agent'], 'inventory' | 'epoch' | 'generationSeen' | 'seal'>;

const mostWaits = 20;
const longestLogLine = 1000;

/** This node's whole status, as the coordinator stores it. Pure. */
export function nodeStatus(facts: StatusFacts): NodeStatus {
  const { current, plan, troubles } = facts;
  const { journal } = current;
  const waits = distinct([...troubles, ...plan.waits, ...(plan.hinders ?? [])]).map(reported);
  const held = allPurposes.flatMap((purpose) => {
    const state = current.credentials[purpose];
    return state.kind === 'held' ? [state.held] : [];
  });
  return {
    agent: {
      version: facts.version,
      startedAt: facts.startedAt,
      ...followed(facts),
      generationApplied: journal.generationApplied,
      takesMinorOrders: true,
      waits: waits.slice(0, mostWaits),
    },
    service: serviceReport(facts),
    etcd: current.etcd,
    certificates: facts.identity === null ? held : [...held, facts.identity],
    lastStep: journal.lastStep,
    ...known({
      lastSnapshot: journal.lastSnapshot,
      lastMaintenance: journal.lastMaintenance,
      restoreTool: facts.restoreTool,
    }),
    machine: facts.machine,
  };
}

/**
 * The desired state that it follows, with its seal. Without a desired state in memory: the generation in the journal.
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
  const { service, journal, authentication, etcdctlReady } = current;
  const ran = journal.startedWith?.incarnation ?? null;
  const lost = [ran, memberStateOf(accepted)?.etcd?.incarnation ?? null]
    .filter((incarnation) => incarnation !== null)
    .map((incarnation) => lostDataReason(incarnation, current, paths.dataRoot))
    .find((reason) => reason !== null);
  const down = isDown(current);
  const other = otherVersionHere(accepted, current);
  const held = down && other !== null ? versionWait(other, current.etcdRemedy) : null;
  const remark = versionRemark(accepted, current);
  // The earlier output of an etcd that is held back says nothing about now (R16).
  const dataDir = ran === null || held !== null || serves(current) ? null : `${paths.dataRoot}/${ran}`;
  const damage = dataDir === null ? null : walDamage(current.lastLog, dataDir);
  const otherDamage = dataDir === null ? null : dataDamage(current.lastLog, dataDir);
  const deleted = lost?.code === 'data_deleted';
  // The advice for a running etcd must not make an operator stop one that could not be started again.
  const troubled = (down || deleted ? lost : null) ?? held ?? remark ?? trouble(current, news);
  const told = distinct([
    ...(troubled === null ? [] : [troubled]),
    ...news.notices.map((notice) => notice.reason),
    ...remarks,
  ]);
  return {
    state: down && lost !== undefined ? 'lost-data' : held === null ? service.kind : 'held-back',
    incarnation: ran,
    etcdVersion: current.etcdVersion,
    ...known({
      release: journal.startedWith?.program?.version ?? null,
      leaderlessVersion: current.leaderlessVersion,
      noWayBack: hasNoWayBack(current) || null,
    }),
    ...(memberStateOf(accepted)?.watchPackage === true ? { packageVersion: current.packageVersion } : {}),
    restarts: 'restarts' in service ? service.restarts : 0,
    reason: together(told),
    lastLog: logWithoutSecrets(current.lastLog, longestLogLine),
    ...(current.ailing === null || current.ailing.facts.length === 0 ? {} : { logFacts: [...current.ailing.facts] }),
    restartPending: plan.restartPending,
    ...holdReport(memberStateOf(accepted)?.permit ?? null, current),
    ...known({ lastPermit: journal.lastPermit }),
    rejected: rejected === null ? null : reported(rejected),
    ...known({
      dataGone: deleted || null,
      damage,
      dataDamage: otherDamage,
      quorumRead: current.quorumRead || null,
      authenticationOn: authentication.on || null,
      usersLikeServers: authentication.likeServers.length > 0 ? [...authentication.likeServers] : null,
      etcdctlReady: etcdctlReady === null || etcdctlReady === true ? etcdctlReady : reported(etcdctlReady),
    }),
  };
}

/** Without the fields that are null: a report leaves them out. */
function known<Fields extends object>(fields: Fields) {
  const entries = Object.entries(fields).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as { [Key in keyof Fields]?: NonNullable<Fields[Key]> };
}

/** What this agent has made of the present permit, if that is for a hold. */
function holdReport(
  permit: MemberState['permit'],
  { journal: { held, holdRefused }, boot }: CurrentState,
): Pick<ServiceReport, 'held' | 'holdRefused'> {
  if (permit === null) return {};
  const order = permit.act === 'hold' ? { order: { seconds: permit.forSeconds, stop: permit.stop } } : {};
  return {
    ...(held?.permit === permit.id ? { held: { permit: held.permit, rebooted: held.boot !== boot, ...order } } : {}),
    ...(holdRefused?.permit === permit.id ? { holdRefused } : {}),
  };
}

function together(told: readonly AnyReason[]): AnyReason | null {
  const [first] = told;
  if (first === undefined) return null;
  return reported(told.length === 1 ? first : reason('several', { reasons: told }));
}

/** What is wrong with the service itself; null if nothing is. */
function trouble(current: CurrentState, { endings }: ServiceNews): Reason | null {
  const { service, lastLog } = current;
  const said = { lastWords: lastWords(lastLog, service.kind === 'crashed') };
  switch (service.kind) {
    case 'absent':
      return null;
    case 'stopped':
      return stoppedByHand(current) ? reason('stopped_by_hand') : null;
    case 'crashed': {
      const crash = { how: service.how, ...said };
      return endings !== null && endings.count > 1
        ? reason('ended_often', { ...endingFacts(endings), ...crash })
        : reason('ended', crash);
    }
    case 'running':
      if (endings !== null && !serves(current)) return reason('ended_and_silent', { ...endingFacts(endings), ...said });
      if (current.authentication.refused !== null)
        return reason('authentication_on', { why: current.authentication.refused });
      return service.unsupervised === true ? reason('supervisor_ended') : null;
  }
}

/**
 * The status of a node that could not be observed. It does not repeat what etcd said last: otherwise a dead etcd would
 * look healthy for as long as the node cannot be observed.
 *
 * @param service what the init system shows, if that could be read
 */
export function unobserved(status: NodeStatus, service: ServiceState | null, why: AnyReason): NodeStatus {
  const wait = reported(why);
  const seen = service?.kind === 'crashed' ? reason('ended_unobserved', { how: service.how, why: wait }) : wait;
  const {
    quorumRead: _read,
    authenticationOn: _isOn,
    usersLikeServers: _users,
    etcdctlReady: _ready,
    logFacts: _facts,
    leaderlessVersion: _version,
    dataGone,
    damage,
    dataDamage: otherDamage,
    ...told
  } = status.service;
  const { state, restarts } = told;
  const mayRun = service === null || service.kind === 'running';
  return {
    ...status,
    agent: { ...status.agent, waits: [wait] },
    service: {
      ...told,
      ...(dataGone === undefined || (service !== null && isDown({ service })) ? {} : { dataGone }),
      ...(damage === undefined || mayRun ? {} : { damage }),
      ...(otherDamage === undefined || mayRun ? {} : { dataDamage: otherDamage }),
      state: service === null || (isDown({ service }) && stays(state)) ? state : service.kind,
      restarts: service !== null && 'restarts' in service ? service.restarts : restarts,
      reason: reported(seen),
    },
    etcd: null,
  };
}

/** What holds beyond the service, and cannot change while the service is down. */
function stays(state: ServiceReport['state']): boolean {
  return state === 'lost-data' || state === 'held-back';
}

/** True if this generation has been applied completely: nothing is left to do, and nothing is awaited. */
export function carriedOut(plan: Plan, troubles: readonly AnyReason[]): boolean {
  return plan.steps.length === 0 && plan.waits.length === 0 && troubles.length === 0;
}
