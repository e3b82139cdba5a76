import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import type { EtcdWanted } from '@picket/shared/protocol/desired-state.ts';
import { clientKeyTarget, differing, foreignConf, wantedFiles } from '../../model/managed-files.ts';
import type { AcceptedMember, AgentStep, CurrentState, ManagedFile, Paths, Plan } from '../../model/model.ts';
import { serves } from '../../model/serves.ts';
import { isDown, otherVersion, versionWait } from '../../model/version-guard.ts';
import { isSilentSinceBirth, isStillborn } from '../birth.ts';
import { dataDirOf, lostDataReason } from '../data-dir.ts';
import { leaseHolds } from '../lease.ts';
import { type ConfReader, readConf } from '../read-conf.ts';
import { confKeyOf, restartKeyOf } from '../restart-key.ts';
import { tendsDatabase } from './plan-upkeep.ts';

/** What planning for etcd and its files needs to know beside the state itself. */
export interface EtcdSituation {
  readonly accepted: AcceptedMember;
  readonly current: CurrentState;
  readonly paths: Paths;
  readonly reader: ConfReader;
  /** Why the certificates keep etcd from being started; null if they do not. */
  readonly obstacle: string | null;
}

const nothing: Plan = { steps: [], waits: [], restartPending: false };

/** Files, service, data dir and etcd itself: everything between the certificates and the membership. */
export function planEtcd(situation: EtcdSituation): Plan {
  return withDefinition(situation, planAll(situation));
}

/** A definition that somebody changed is put back; nothing is restarted for it. */
function withDefinition({ accepted, current, paths }: EtcdSituation, planned: Plan): Plan {
  const { alteredService: altered, service } = current;
  const running = service.kind === 'running';
  if (altered.length === 0 || !(running || accepted.document.etcd !== null)) return planned;
  if (foreignConf(current, paths) !== null) return planned;
  const install: AgentStep = { kind: 'install-service', altered };
  const rest = planned.steps.filter(({ kind }) => kind !== 'install-service');
  // A disk that does not take it must not hold up what a running etcd needs.
  return { ...planned, steps: running ? [...rest, install] : [install, ...rest] };
}

function planAll(situation: EtcdSituation): Plan {
  const { accepted, current } = situation;
  const wanted = accepted.document.etcd;
  const retired = new Set(accepted.document.retired);
  const ran = current.journal.startedWith?.incarnation ?? null;
  const running = current.service.kind === 'running';

  if (wanted !== null && retired.has(wanted.incarnation)) {
    return waiting(
      `the coordinator to make up its mind: it wants the incarnation ${wanted.incarnation} and has retired it`,
    );
  }
  // Every act that could lose data is named: without a word on the old life nothing is begun in its place.
  const passes = ran === null || ran === wanted?.incarnation || retired.has(ran);
  if (!passes && wanted !== null) {
    return waiting(
      `the coordinator to retire the incarnation ${ran}, which this node has, before ${wanted.incarnation} begins`,
    );
  }
  if (!running) return wanted === null ? withoutEtcd(situation, passes) : planDown(situation, wanted, []);

  if (!passes) {
    const how = isDown(current) ? 'which this node has' : 'its etcd runs and goes on';
    return waiting(`the coordinator to retire the incarnation ${ran}${isDown(current) ? ',' : ':'} ${how}`);
  }
  if (ran === null) return wanted === null ? waiting(stranger) : planUnrecorded(situation, wanted);
  if (ran !== wanted?.incarnation) {
    const foreign = foreignConf(current, situation.paths);
    if (foreign !== null) return waiting(foreign);
    const stop = retire(ran);
    return wanted === null ? { ...nothing, steps: [stop, ...writes(situation)] } : planDown(situation, wanted, [stop]);
  }
  return planRunning(situation, wanted);
}

const stranger = 'an operator: an etcd runs that this agent did not start, and it is left alone';

/**
 * Not this member's turn yet: the bundles are laid ready. An etcd that is retired and is down, as it is when its member
 * has been removed, is kept from being brought back by its supervisor or the next boot.
 */
function withoutEtcd(situation: EtcdSituation, passes: boolean): Plan {
  const { service, journal } = situation.current;
  const ran = journal.startedWith?.incarnation;
  const end = comesBack(service) && passes && ran !== undefined ? [retire(ran)] : [];
  return { ...nothing, steps: [...end, ...writes(situation)] };
}

function retire(incarnation: string): AgentStep {
  return { kind: 'stop-etcd', of: 'retired', why: `the incarnation ${incarnation} is retired` };
}

/** Whether an etcd that is down may be started by others than this agent. */
function comesBack(service: CurrentState['service']): boolean {
  return service.kind === 'crashed' || (service.kind === 'stopped' && service.atBoot === true);
}

function planDown(situation: EtcdSituation, wanted: EtcdWanted, before: readonly AgentStep[]): Plan {
  const { accepted, current, paths, reader } = situation;
  const conf = readConf(accepted.document, wanted, paths, reader);
  const lost = lostDataReason(wanted.incarnation, current, paths.dataRoot);
  if (lost !== null) return { ...nothing, steps: before, waits: [`an operator: ${lost}`] };
  if ('refused' in conf) return { ...nothing, steps: before, waits: [conf.refused] };
  const foreign = foreignConf(current, paths);
  if (foreign !== null) return { ...nothing, steps: before, waits: [foreign] };

  // Its guard may start it any time once the right etcd is back, so nothing of it is changed meanwhile.
  const other = otherVersion(wanted.incarnation, current, wanted);
  if (other !== null) return { ...nothing, steps: before, waits: [versionWait(other, current.etcdRemedy)] };

  const { incarnation } = wanted;
  const files = writes(situation);
  const clears: readonly AgentStep[] =
    founds(wanted) && current.dataDirs[incarnation] === 'unborn' ? [{ kind: 'clear-unborn', incarnation }] : [];
  // A supervisor or a boot may bring it back between two of these files: it is kept from that first.
  const hold: AgentStep = { kind: 'stop-etcd', of: 'down', why: 'it is down, and its files change' };
  const changes = files.length + clears.length > 0;
  const held = comesBack(current.service) && changes && before.length === 0 ? [hold] : before;
  const laid = [...held, ...files];
  if (current.etcdVersion === null) return { ...nothing, steps: laid, waits: [noEtcd(current)] };
  if (situation.obstacle !== null) return { ...nothing, steps: laid, waits: [situation.obstacle] };
  const dir = dataDirOf(wanted.incarnation, current);
  if (dir.kind === 'unknown') {
    const folder = `${paths.dataRoot}/${wanted.incarnation}`;
    return {
      ...nothing,
      steps: laid,
      waits: [`an operator: the folder ${folder} is there already, and this agent has not made it`],
    };
  }
  if (current.portTaken !== null) return { ...nothing, steps: laid, waits: [current.portTaken] };
  if (current.monotonic < current.pausedUntil.start)
    return { ...nothing, steps: laid, waits: [afterCrash(current, wanted)] };
  const makes: readonly AgentStep[] = dir.kind === 'to-make' ? [makeStep(wanted, conf.config)] : [];
  return {
    ...nothing,
    steps: [
      ...laid,
      ...(current.service.kind === 'absent' ? [{ kind: 'install-service', altered: [] } as const] : []),
      ...makes,
      ...clears,
      startStep(wanted, conf.config, accepted),
    ],
  };
}

function planRunning(situation: EtcdSituation, wanted: EtcdWanted): Plan {
  const { accepted, current, paths, reader } = situation;
  const conf = readConf(accepted.document, wanted, paths, reader);
  if ('refused' in conf) return waiting(conf.refused);
  const lost = lostDataReason(wanted.incarnation, current, paths.dataRoot);
  if (lost !== null) {
    const holds = isDown(current) ? '' : '. Its etcd still runs on what it holds open';
    return waiting(`an operator: ${lost}${holds}`);
  }
  const other = otherVersion(wanted.incarnation, current, wanted);
  if (other !== null && isDown(current)) return waiting(versionWait(other, current.etcdRemedy));
  const { startedWith, rejected } = current.journal;
  // An etcd that could not be started again is not stopped (R17).
  const stoppable = other === null;
  // It counts for nothing, so it takes no permit; the coordinator has one of this node's out until it is back (R2).
  if (stoppable && rejected !== null && startedWith?.confKey === rejected.confKey && !serves(current)) {
    return {
      ...nothing,
      steps: [{ kind: 'stop-etcd', of: 'rejected', why: `its new conf.yml is put back: ${rejected.reason}` }],
    };
  }
  // It has never answered, so it takes no permit; once it is down it is begun anew.
  if (stoppable && startedWith?.incarnation === wanted.incarnation && founds(wanted) && isStillborn(current)) {
    const why = 'it has committed nothing since it was first started, as after a power cut just then, and begins anew';
    return { ...nothing, steps: [{ kind: 'stop-etcd', of: 'stillborn', why }] };
  }
  const start = startStep(wanted, conf.config, accepted);
  if (stoppable && isSilentWithOther(start.confKey, situation)) {
    const why = `it has taken no part in its cluster for ${longestSilenceMs / 1000} s, and is wanted with another conf.yml`;
    return { ...nothing, steps: [{ kind: 'stop-etcd', of: 'silent', why }] };
  }
  const files = differing(wantedFiles(accepted.document, paths), current.files);
  const configured = start.restartKey === current.journal.startedWith?.restartKey;
  const binary = configured ? replacedBinary(current) : null;
  if (configured && binary === null) {
    const waits = founds(wanted) && isSilentSinceBirth(current) ? [neverAnswered] : [];
    return { ...nothing, steps: writes(situation), waits };
  }

  // What waits for a restart is written with it; what etcd does not ask for again is written now.
  const pending: Plan = { steps: configured ? writes(situation) : link(situation), waits: [], restartPending: true };
  if (other !== null) {
    const waits = [`${versionWait(other, current.etcdRemedy)}; until then etcd is not restarted`];
    return { ...pending, waits };
  }
  const { permit } = accepted.document;
  if (permit === null)
    return {
      ...pending,
      waits: [`a permit to restart etcd, which brings ${binary ?? 'its new configuration'} into force`],
    };
  if (!leaseHolds(accepted, permit.validForSeconds, current.monotonic)) {
    return { ...pending, waits: ['another permit to restart etcd: the last one was not used in time'] };
  }
  const unfit = unfitToRestart(situation);
  if (unfit !== null) return { ...pending, waits: [`${unfit} before etcd is restarted`] };
  const restart: AgentStep = { ...start, kind: 'restart-etcd', permitId: permit.id, files: configured ? [] : files };
  return { ...pending, steps: [...pending.steps, restart] };
}

const neverAnswered =
  'an operator: etcd runs, and has not answered since it was first started; its log may tell why. ' +
  '`picket cluster reset` founds the cluster anew';

/** A slow board reads its data, and a cluster elects. */
const longestSilenceMs = 90_000;

/**
 * Whether it is as good as down, and what it is wanted with may mend it: restarting it takes no permit then (R2), and an
 * etcd that does not serve is given none. Another conf.yml reaches one member at a time (R6), so that no two do this at
 * once. Where this node's own certificates or clock are in question, the silence may be of its own making.
 */
function isSilentWithOther(confKey: string, { accepted, current, paths, obstacle }: EtcdSituation): boolean {
  const { silence, monotonic, journal, clockDoubt, credentials, now, etcdVersion } = current;
  if (silence === null || monotonic - silence.since < longestSilenceMs || tendsDatabase(journal)) return false;
  const runs = journal.startedWith?.confKey;
  if (runs === undefined || runs === confKey || foreignConf(current, paths) !== null) return false;
  const heard = accepted.document.certificates.every(({ purpose }) => {
    const state = credentials[purpose];
    return state.kind === 'held' && state.issuedByBundle && state.until > now;
  });
  return heard && clockDoubt === null && obstacle === null && etcdVersion !== null;
}

/**
 * The version that a package has put in the place of the one that runs, or null. Not one of another minor version, which
 * would be an upgrade of the cluster; nor one that a restart has not brought in already, which another would not either.
 */
function replacedBinary({ etcd, etcdVersion: installed, journal }: CurrentState): string | null {
  const runs = etcd?.version ?? '';
  if (runs === '' || installed === null || installed === runs || minorOf(installed) !== minorOf(runs)) return null;
  return journal.startedWith?.etcdVersion === installed ? null : `etcd ${installed} in the place of ${runs}`;
}

function unfitToRestart({ current, obstacle }: EtcdSituation): string | null {
  if (current.clockDoubt !== null) return 'the clock to be right';
  if (obstacle !== null) return obstacle;
  // A learner answers no linearizable read, which is what etcd's health is made of.
  const fit =
    current.etcd !== null && (current.etcd.healthy || (current.etcd.isLearner && current.etcd.leader !== '0'));
  return fit ? null : 'etcd to be healthy';
}

/**
 * It runs, and no start of it is recorded: the machine was restarted after this agent had laid everything ready and
 * before it noted the start, and the init system did the rest. With the files as desired, that is what it runs.
 */
function planUnrecorded(situation: EtcdSituation, wanted: EtcdWanted): Plan {
  const { accepted, current, paths, reader } = situation;
  const conf = readConf(accepted.document, wanted, paths, reader);
  if ('refused' in conf) return waiting(conf.refused);
  const ours = current.journal.incarnations[wanted.incarnation] !== undefined;
  if (!ours || differing(wantedFiles(accepted.document, paths), current.files).length > 0) return waiting(stranger);
  const makes: readonly AgentStep[] =
    dataDirOf(wanted.incarnation, current).kind === 'to-make'
      ? [{ kind: 'make-data-dir', incarnation: wanted.incarnation }]
      : [];
  return { ...nothing, steps: [...link(situation), ...makes, startStep(wanted, conf.config, accepted)] };
}

/** A joiner's log is empty, and its client port closed, for as long as the leader's snapshot is on its way. */
function founds({ restore, initialClusterState }: EtcdWanted): boolean {
  return restore === undefined && initialClusterState === 'new';
}

function makeStep({ incarnation, restore }: EtcdWanted, config: EtcdConfig): AgentStep {
  if (restore === undefined) return { kind: 'make-data-dir', incarnation };
  const { name, initialClusterToken: token, initialAdvertisePeerUrls } = config;
  const member = { name, peerUrl: initialAdvertisePeerUrls[0] ?? '', token };
  return { kind: 'restore-data', incarnation, order: restore, member };
}

function startStep(wanted: EtcdWanted, config: EtcdConfig, { document }: AcceptedMember) {
  const { incarnation } = wanted;
  const restartKey = restartKeyOf(config, document.trust);
  return { kind: 'start-etcd', incarnation, restartKey, confKey: confKeyOf(config) } as const;
}

function writes(situation: EtcdSituation): readonly AgentStep[] {
  const { accepted, current, paths } = situation;
  const write = (file: ManagedFile): AgentStep => ({ kind: 'write-file', ...file });
  return [...differing(wantedFiles(accepted.document, paths), current.files).map(write), ...link(situation)];
}

function link({ current }: EtcdSituation): readonly AgentStep[] {
  return current.clientKeyLink === clientKeyTarget ? [] : [{ kind: 'link-client-key' }];
}

function afterCrash({ service, unstarted }: CurrentState, { restore }: EtcdWanted): string {
  if (restore !== undefined && unstarted !== null) return `a pause before the snapshot is restored again: ${unstarted}`;
  const how = service.kind === 'crashed' ? ` (${service.how})` : '';
  return `a pause before etcd is started again: it did not stay up${how}`;
}

function noEtcd({ etcdProblem, etcdRemedy }: CurrentState): string {
  if (etcdProblem != null) return `an operator: ${etcdProblem}`;
  return `etcd to be installed on this node${etcdRemedy === null ? '' : `: ${etcdRemedy}`}`;
}

function waiting(why: string): Plan {
  return { ...nothing, waits: [why] };
}
