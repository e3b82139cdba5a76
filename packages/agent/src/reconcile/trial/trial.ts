import { isEarlierMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { EtcdWanted, MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { ProgramOrder } from '@picket/shared/protocol/releases.ts';
import { type Changed, changedOf } from '@picket/shared/reasons/changed-settings.ts';
import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Journal } from '../../journal/journal.ts';
import { type ConfReader, configOf, metricsPortOf } from '../../model/conf.ts';
import { lastWords, neededMinor, refusalIn } from '../../model/last-words.ts';
import { fileNames } from '../../model/managed-files.ts';
import {
  type Accepted,
  type AcceptedMember,
  type CurrentState,
  isMember,
  memberStateOf,
  type Paths,
} from '../../model/model.ts';
import { programOf } from '../../model/program.ts';
import { reported } from '../../model/reported.ts';
import { restartsOf, serves } from '../../model/serves.ts';
import { hasNoWayBack, orderOf, otherVersionHere } from '../../model/version-guard.ts';
import { readConf } from '../read-conf.ts';
import { confKeyOf } from '../restart-key.ts';

/** An etcd that has an unproven conf.yml or release, or will be started with it. */
export interface TrialWatch {
  readonly confKey: string;
  /** True if it was started with it: an earlier crash says nothing about it. */
  readonly started: boolean;
  /** Monotonic milliseconds at which this was first seen. */
  readonly since: number;
  /** The count of restarts then; null if the service has no count. */
  readonly restarts: number | null;
  /** Since when each observation has found it to serve, on the same clock; null if the last one has not. */
  readonly servesSince: number | null;
}

/** How long a new configuration with which etcd keeps ending is tried, in milliseconds. */
const crashingMs = 15_000;
/**
 * How long a new configuration with which etcd runs but does not serve is tried, in milliseconds: a slow board reads its
 * data, and a cluster elects. The coordinator waits longer.
 */
const silentMs = 90_000;
/**
 * A single observation may be lucky: with timings that are too short, etcd serves sometimes. So it must serve for this
 * long.
 */
const provingMs = 10_000;

/**
 * The conf.yml and release that etcd runs with, or will be started with, if etcd has not proven itself with them, but has with
 * others in this incarnation. An agent that was killed in a restart may not have recorded what it was about to start.
 */
function onTrial({ journal, service }: CurrentState, accepted: Accepted | null): string | null {
  const { startedWith, lastGood } = journal;
  const document = memberStateOf(accepted);
  if (lastGood === null || document?.etcd?.incarnation !== lastGood.incarnation) return null;
  if (startedWith?.incarnation !== lastGood.incarnation) return null;
  const confKey = service.kind === 'running' ? startedWith.confKey : keyIfRead(document);
  return confKey === lastGood.confKey ? null : confKey;
}

/**
 * The watch after this observation.
 *
 * @param accepted what is in force, see `inForce`
 */
export function trialSeeing(
  before: TrialWatch | null,
  current: CurrentState,
  accepted: Accepted | null,
): TrialWatch | null {
  const confKey = onTrial(current, accepted);
  if (confKey === null) return null;
  const { journal, service, monotonic: now } = current;
  const started = journal.startedWith?.confKey === confKey;
  const restarts = restartsOf(service);
  if (before?.confKey !== confKey || before.started !== started)
    return { confKey, started, since: now, restarts, servesSince: serves(current) ? now : null };
  // If etcd cannot be started (R17), that says nothing about a conf.yml; the time starts once it can.
  const startable = current.etcdVersion !== null && otherVersionHere(accepted, current) === null;
  if (!startable && !serves(current)) return { ...before, since: now, restarts, servesSince: null };
  // A restarted supervisor restarts its count.
  const fewest = Math.min(before.restarts ?? Number.POSITIVE_INFINITY, restarts ?? Number.POSITIVE_INFINITY);
  return {
    ...before,
    restarts: Number.isFinite(fewest) ? fewest : null,
    servesSince: serves(current) ? (before.servesSince ?? now) : null,
  };
}

function hasProvenItself({ servesSince }: TrialWatch, { monotonic }: CurrentState): boolean {
  return servesSince !== null && monotonic - servesSince >= provingMs;
}

/**
 * The only voter goes to a later minor version by order. It raises the cluster version within seconds, and then its data refuses what
 * was good before: that is not what an order back may fall back on (R6).
 */
function goesUpAlone(wanted: EtcdWanted, { etcd }: Pick<CurrentState, 'etcd'>): boolean {
  const order = orderOf(wanted);
  const voters = etcd?.members?.filter(({ isLearner }) => !isLearner) ?? [];
  return order !== null && isEarlierMinor(order.from, order.minor) && voters.length === 1;
}

/** What an etcd on trial still has to show, for the operator. */
export function trialWait({ servesSince }: TrialWatch, changed: Changed): Reason {
  return servesSince === null
    ? reason('conf_to_serve', { changed })
    : reason('conf_to_have_served', { changed, proving: provingMs / 1000 });
}

/** In what this desired state differs from what etcd has served with last. */
export function changedSince({ lastGood }: Pick<Journal, 'lastGood'>, accepted: Accepted | null): Changed {
  const document = memberStateOf(accepted);
  if (!document?.etcd || lastGood === null) return 'conf';
  const sameConf = confKeyIn(lastGood.conf) === confKeyIn(document.etcd.conf);
  return changedOf({ conf: !sameConf, binary: etcdIn(lastGood.program) !== etcdIn(document.program) });
}

/** null if this agent cannot read it. */
function confKeyIn(conf: string): string | null {
  const config = configOf(conf);
  return config === null ? null : confKeyOf(config, null);
}

/** Which etcd a release names; undefined for the package. */
function etcdIn(program: MemberState['program']): string | undefined {
  return program && (programOf(program)?.sha256 ?? program.version);
}

/** Why the configuration on trial counts as one that etcd cannot run with; null while it has time. */
function trialVerdict(watch: TrialWatch | null, current: CurrentState): Journal['rejected'] {
  if (watch === null || watch.servesSince !== null) return null;
  const { service, etcd, monotonic, lastLog, portTaken, journal } = current;
  const waited = monotonic - watch.since;
  // Kept in the journal and reported.
  const rejected = (why: Reason) => ({ confKey: watch.confKey, reason: reported(why) });
  // An etcd that ended in an earlier run, maybe months ago, has not ended because of this conf.yml.
  const comesBack =
    service.kind === 'running' && etcd === null && watch.restarts !== null && service.restarts > watch.restarts;
  if (service.kind === 'crashed' || comesBack) {
    // Data that has become too new for it stays so.
    const isRefused = watch.started && refusalIn(lastLog, journal.startedWith?.etcdVersion ?? null) !== null;
    if (waited < crashingMs && !isRefused) return null;
    const how = service.kind === 'crashed' ? service.how : null;
    return rejected(reason('conf_crashed', { how, lastWords: lastWords(lastLog, true) }));
  }
  if (portTaken !== null && waited >= crashingMs) return rejected(reason('conf_not_started', { why: portTaken }));
  // Maybe it lacks only a quorum. An etcd that could not be started in its place would not serve either (R10).
  return waited < silentMs || hasNoWayBack(current)
    ? null
    : rejected(reason('conf_silent', { proving: provingMs / 1000, within: silentMs / 1000 }));
}

/** The verdict of this observation on conf.yml: it is good, it is rejected, or the rejected one is no longer wanted. */
export function judged(
  journal: Journal,
  current: CurrentState,
  accepted: Accepted | null,
  paths: Paths,
  watch: TrialWatch | null,
): Journal {
  const document = memberStateOf(accepted);
  if (!document?.etcd) return journal;
  const { startedWith, lastGood, rejected } = journal;
  const verdict = trialVerdict(watch, current);
  const conf = current.files[fileNames(paths).conf] ?? null;
  const isProven =
    watch === null || goesUpAlone(document.etcd, current) ? serves(current) : hasProvenItself(watch, current);
  if (startedWith !== null && isProven && conf === document.etcd.conf) {
    const { incarnation, confKey, etcdVersion } = startedWith;
    const same = lastGood?.conf === conf && lastGood.confKey === confKey && lastGood.incarnation === incarnation;
    const noted = same && lastGood.etcdVersion === etcdVersion;
    if (!noted && keyIfRead(document) === confKey) {
      const { program } = document;
      const good = { incarnation, confKey, conf, etcdVersion, ...(program === undefined ? {} : { program }) };
      return { ...journal, lastGood: good, rejected: null };
    }
  }
  const kept = rejected !== null && keyIfRead(document) === rejected.confKey ? rejected : null;
  if (verdict !== null) return { ...journal, rejected: { ...(kept ?? {}), ...verdict } };
  // If the coordinator asks for it again after another one, it is tried once more.
  if (kept === null) return rejected === null ? journal : { ...journal, rejected: null };
  const refused =
    kept.refused === undefined && ranLastGood(journal)
      ? refusalIn(current.lastLog, startedWith?.etcdVersion ?? null)
      : null;
  return refused === null ? journal : { ...journal, rejected: { ...kept, refused: reported(refused) } };
}

/** The last good conf.yml and release were started last. */
function ranLastGood({ startedWith, lastGood }: Journal): boolean {
  return lastGood !== null && startedWith?.confKey === lastGood.confKey;
}

/** The name of its conf.yml and release; null for a conf.yml that this agent cannot read, and for a release without programs. */
function keyIfRead({ etcd, program }: MemberState): string | null {
  const config = etcd === null ? null : configOf(etcd.conf);
  const named = program === undefined ? null : programOf(program);
  return config === null || (program !== undefined && named === null) ? null : confKeyOf(config, named);
}

/**
 * Why the coordinator's conf.yml and release are not in force here and the last good ones are: etcd cannot run with them, or
 * this agent does not give them to etcd. null if they are in force, or will be.
 */
export function rejection(
  accepted: Accepted | null,
  { rejected, lastGood }: Journal,
  paths: Paths,
  reader: ConfReader,
): AnyReason | null {
  const document = memberStateOf(accepted);
  if (!document?.etcd || document.etcd.incarnation !== lastGood?.incarnation) return null;
  const wanted = readConf(document, document.etcd, paths, reader);
  if ('refused' in wanted) return reason('conf_refused', { why: wanted.problem });
  return rejected !== null && keyIfRead(document) === rejected.confKey ? rejected.reason : null;
}

/**
 * Why the last good release of this earlier minor version is not put back once more: its etcd was, and refused the data (R6). null
 * otherwise.
 */
export function refusedBack(back: string, accepted: Accepted, journal: Journal, paths: Paths, reader: ConfReader) {
  const { rejected } = journal;
  if (rejected?.refused === undefined || rejection(accepted, journal, paths, reader) !== rejected.reason) return null;
  return reason('no_way_back', { back, cluster: neededMinor(rejected.refused) ?? null });
}

/**
 * What this node should have: the coordinator's desired state, but with the last conf.yml and release that etcd has served
 * with instead of those that etcd cannot run with, or does not get (R6), and for as long as the wanted release is not here, or no
 * fitting package is and etcd is down.
 * Certificates and bundles are the current ones in any case.
 * @param wantedEtcdProblem why the wanted release or package cannot be started here; null if it can
 * @param closed set if another minor version of etcd would be started, and may not be: the present one stays
 */
export function inForce(
  accepted: Accepted | null,
  journal: Journal,
  paths: Paths,
  reader: ConfReader,
  wantedEtcdProblem: AnyReason | null,
  closed: ClosedWay | null,
): Accepted | null {
  const { lastGood } = journal;
  if (accepted === null || !isMember(accepted)) return accepted;
  if (closed !== null) return closed.standing === null ? accepted : withPair(accepted, closed.standing);
  if (lastGood === null || accepted.document.etcd?.incarnation !== lastGood.incarnation) return accepted;
  if (wantedEtcdProblem === null && rejection(accepted, journal, paths, reader) === null) return accepted;
  return withPair(accepted, lastGood);
}

/** A conf.yml and a release: what is on trial together, and put back together. */
export interface Pair {
  readonly conf: string;
  /** Left out for the etcd of the system's package. */
  readonly program?: ProgramOrder;
}

/** The way to another minor version is closed, see `closedWay`. */
export interface ClosedWay {
  readonly why: AnyReason;
  /** With what etcd was started last, where that stays instead of what the coordinator wants; otherwise null. */
  readonly standing: Pair | null;
}

function withPair(accepted: AcceptedMember, pair: Pair): AcceptedMember {
  const { program: wanted, ...document } = accepted.document;
  if (document.etcd === null) return accepted;
  const { ports } = document.member;
  return {
    ...accepted,
    document: {
      ...document,
      ...(pair.program === undefined ? {} : { program: pair.program }),
      member: { ...document.member, ports: { ...ports, metrics: metricsPortOf(pair.conf) ?? ports.metrics } },
      etcd: { ...document.etcd, conf: pair.conf, ...turned(document.etcd, wanted, pair) },
    },
  };
}

/**
 * The order of a pair with the minor version that the ordered one comes from: the way back. Otherwise nothing of it changes. A package
 * says nothing of its version: put back for a release, it is the other one.
 */
function turned(
  { minor, from }: EtcdWanted,
  wanted: MemberState['program'],
  { program }: Pair,
): Pick<EtcdWanted, 'minor' | 'from'> {
  if (minor === undefined || from === undefined) return {};
  const isOther = program === undefined ? wanted !== undefined : minorOf(program.version) === from;
  return isOther ? { minor: from, from: minor } : {};
}
