import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { servesAsVoter } from '@picket/shared/protocol/etcd-health.ts';
import type { EtcdReport, ListedMember } from '@picket/shared/protocol/report.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterStatus, NodeObservation } from '../../model/cluster-status.ts';
import { configurationOf } from '../../model/configuration-of.ts';
import { defragmentFromBytes, fullShare } from '../../model/database-thresholds.ts';
import type { Formation } from '../../model/formation-progress.ts';
import { reachable } from '../../model/health.ts';
import type { Instant } from '../../model/instant.ts';
import { isDeclared, memberNames, nodeNames } from '../../model/member-names.ts';
import type { AppliedIndices, MemberProgress, RetiredIncarnation } from '../../model/membership-progress.ts';
import { mostGone } from '../../model/most-kept.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import { peerUrlOf } from '../../model/urls.ts';
import { orderOverAfter } from '../../model/waits.ts';
import { eachChanges } from '../concerns.ts';
import { continuedHold } from '../holds/continued-hold.ts';
import { listed, remembered } from '../membership/member-list.ts';
import { declaredAgain } from '../membership/redeclare.ts';
import { livingNode, retiredIncarnation } from '../membership/retired-incarnations.ts';

/** What a restored store may accept about a cluster or, in plain words, why nothing yet. */
export type TakeOver =
  | { readonly ok: true; readonly progress: ClusterProgress; readonly changes: readonly Reason[] }
  | { readonly ok: false; readonly waits: readonly Reason[] };

export interface TakeOverSituation extends Situation {
  /** Since when the coordinator knows how much time has passed; the restore was earlier. */
  readonly restoredAt: Instant;
  /** Declared members whose node contacts the coordinator, and that no operator has re-adopted. */
  readonly seenUnadopted: readonly string[];
  /** For `initial-cluster-token`, of a formation that the store does not know. */
  readonly freshToken: string;
}

const wait = (...waits: readonly Reason[]): Wait => ({ ok: false, waits });
type Wait = Extract<TakeOver, { readonly ok: false }>;

/**
 * The progress of a cluster whose coordinator was restored from a backup (R5). Cluster ID, members and their incarnations come
 * from what a majority of etcd's own voters report alike; if the store differs, the reports win. So members added since
 * the backup are known again, and members removed since stay out. Nobody is told to start as `new` by it (R1). If reports
 * are missing or contradict each other, the answer is to wait. Pure.
 */
export function takeOver(situation: TakeOverSituation): TakeOver {
  // A seal has proven that this store is not the newest of its epoch: only another epoch ends that.
  if (situation.progress.provenBehind !== null) return wait();
  if (situation.seenUnadopted.length > 0) {
    return wait(...situation.seenUnadopted.map((member) => reason('node_readopted', { member })));
  }
  const heard = reports(situation);
  const living = heard.filter(({ etcd }) => etcd !== null);
  return living.length === 0 ? untouched(situation, heard) : shownByMajority(situation, heard);
}

interface Report {
  readonly name: string;
  readonly node: NodeObservation;
  readonly incarnation: string | null;
  readonly etcd: EtcdReport | null;
}

/** The recent reports of the re-adopted nodes. */
function reports({ spec, status, now }: TakeOverSituation): Report[] {
  return nodeNames({ spec, status }).flatMap((name) => {
    const node = status.nodes[name];
    if (node === undefined || !node.status || !reachable(node, now).ok) return [];
    const { service, etcd } = node.status;
    return [{ name, node, incarnation: service.incarnation, etcd }];
  });
}

/**
 * No etcd answers. Nothing can have been founded since the backup only if every declared member has reported, has no
 * incarnation, and has seen nothing newer than the backup: otherwise there could be two founders (R1).
 */
function untouched({ spec, progress }: TakeOverSituation, heard: readonly Report[]): TakeOver {
  const missing = memberNames({ spec, progress }).filter((name) => !heard.some((report) => report.name === name));
  if (missing.length > 0) {
    return wait(reason('all_say_they_have_none', { missing }));
  }
  const over = progress.retired.map(({ incarnation }) => incarnation);
  const lived = heard.filter(({ incarnation }) => incarnation !== null && !over.includes(incarnation));
  if (lived.length > 0) return wait(...lived.map(({ name }) => reason('etcd_answers', { member: name })));
  const newer = heard.filter(({ node }) => (node.status?.agent.generationSeen ?? 0) > node.generation);
  if (newer.length > 0) {
    return wait(...newer.map(({ name }) => reason('etcd_of_newer', { member: name })));
  }
  return {
    ok: true,
    progress: atRest(progress, spec),
    changes: [reason('nothing_founded_since')],
  };
}

type Serving = Report & { readonly etcd: EtcdReport; readonly members: readonly ListedMember[] };

function shownByMajority(situation: TakeOverSituation, heard: readonly Report[]): TakeOver {
  const serving = heard.flatMap(({ etcd, ...report }): Serving[] =>
    etcd !== null && etcd.members !== null && servesAsVoter(etcd) ? [{ ...report, etcd, members: etcd.members }] : [],
  );
  const contradiction = contradictionIn(serving, heard);
  const alike = majority(serving, heard, situation);
  if (!('voters' in alike)) return contradiction === null ? alike : wait(contradiction);
  const { voters, count, clusterId } = alike;
  const silent = count < voters;
  const pending = heard.some(({ node }) => node.status?.service.restartPending === true);
  const left = leaseLeft(situation);
  // A permit of the lost coordinator may still be used: by a member that has something to restart for, or whose
  // database may be worth defragmenting (R2). A member that reports otherwise may have seen a newer order.
  const large = heard.some(({ name, etcd }) => etcd !== null && mayDefragment(etcd, name, situation));
  if (contradiction !== null && left > 0) return wait(contradiction);
  if ((silent || pending || large) && left > 0) {
    return wait(reason('permits_lapse', { seconds: Math.ceil(left / 1000) }));
  }
  const believed = heard.filter(({ etcd }) => etcd === null || etcd.clusterId === clusterId);
  return progressOf(situation, believed, alike);
}

interface Alike {
  readonly clusterId: string;
  readonly members: readonly ListedMember[];
  readonly asOf: AppliedIndices;
  /** The number of voters in that list, and how many of them show it. */
  readonly voters: number;
  readonly count: number;
}

/**
 * The list that a majority of etcd's voters report alike. It must also be what most of the reporting voters show, so
 * that nobody is believed who lists only itself. If the backup has several voters, more than one node must show it: a
 * former voter that reports another listed member as its own shows that its vote is gone.
 */
function majority(
  serving: readonly Serving[],
  heard: readonly Report[],
  { progress }: TakeOverSituation,
): Alike | ReturnType<typeof wait> {
  const [first] = serving;
  if (first === undefined) return wait(reason('voter_lists'));
  const groups = serving.map((one) => serving.filter((other) => showsTheSame(one, other)));
  const [largest = serving] = groups.sort((one, other) => other.length - one.length);
  const voter = largest[0] ?? first;
  const { etcd, members } = voter;
  const voting = members.filter(({ isLearner }) => !isLearner).map(({ id }) => id);
  const shown = largest.filter((one) => voting.includes(one.etcd.memberId));
  const count = new Set(shown.map((one) => one.etcd.memberId)).size;
  if (count * 2 <= voting.length || largest.length * 2 <= serving.length) {
    return wait(reason('majority_reports', { voters: voting.length, count }));
  }
  // etcd has no two members with one URL, so its former member was removed before (Raft: by a majority of that time).
  const hasEnteredAgain = (name: string, { memberId }: MemberProgress) =>
    heard.some(
      (one) =>
        one.name === name &&
        one.etcd?.clusterId === etcd.clusterId &&
        one.etcd.memberId !== memberId &&
        members.some(({ id }) => id === one.etcd?.memberId),
    );
  // Voters whose nodes an operator has evicted cannot report.
  const knew = Object.entries(progress.members).filter(
    ([name, member]) =>
      member.phase === 'voter' &&
      member.leaving?.lost !== true &&
      member.leaving?.compromised !== true &&
      !hasEnteredAgain(name, member),
  ).length;
  if (count === 1 && knew > 1) return wait(reason('second_voter_reports', { member: voter.name, knew }));
  const asOf = remembered(Object.fromEntries(shown.map((one) => [one.etcd.memberId, one.etcd.raftAppliedIndex])));
  return { clusterId: etcd.clusterId, members, asOf, voters: voting.length, count };
}

function showsTheSame(one: Serving, other: Serving | undefined): boolean {
  return one.etcd.clusterId === other?.etcd.clusterId && listed(one.members) === listed(other.members);
}

/**
 * Two reports that cannot both be right; null if there are none. Without a quorum an etcd still reports its cluster, but
 * lists no members.
 */
function contradictionIn(serving: readonly Serving[], heard: readonly Report[]): Reason | null {
  const clusters = [...serving, ...heard].flatMap(({ name, etcd }) =>
    etcd === null ? [] : [{ member: name, clusterId: etcd.clusterId }],
  );
  const [one] = clusters;
  const other = clusters.find(({ clusterId }) => clusterId !== one?.clusterId);
  if (one !== undefined && other !== undefined) return reason('clusters_agree', { one, other });
  const [first] = serving;
  const differing = serving.find((another) => !showsTheSame(another, first));
  if (first === undefined || differing === undefined) return null;
  return reason('lists_agree', { one: first.name, other: differing.name });
}

/** For this long, an order of the lost coordinator may still begin, in milliseconds. */
function leaseLeft({ restoredAt, now }: TakeOverSituation): number {
  return restoredAt + orderOverAfter - now;
}

function mayDefragment({ alarms, dbSizeBytes }: EtcdReport, name: string, { spec, progress }: Situation): boolean {
  const quota = configurationOf(spec, progress, name).tuning.quotaBackendBytes;
  return alarms.length > 0 || dbSizeBytes >= Math.min(defragmentFromBytes, quota * fullShare);
}

function progressOf(situation: TakeOverSituation, heard: readonly Report[], alike: Alike): TakeOver {
  const { spec, now } = situation;
  const old = atRest(situation.progress, spec);
  const { members: list, asOf } = alike;
  const back = list.find(({ id }) => old.gone.includes(id));
  if (back !== undefined) return wait(reason('removed_before_backup', { memberId: back.id }));
  const declared = new Set(spec.members.map((member) => peerUrlOf(spec, member)));
  const undeclared = list.filter(({ peerUrls }) => !peerUrls.some((url) => declared.has(url)));
  const recorded = new Set(
    Object.entries(old.members).map(([name, incarnation]) => !isDeclared(spec, name) && incarnation.memberId),
  );
  const stranger = undeclared.find(({ id }) => !recorded.has(id));
  if (stranger !== undefined) {
    const { id: memberId, name, peerUrls, isLearner } = stranger;
    const role = isLearner ? 'learner' : 'voter';
    return wait(reason('undeclared_member', { memberId, name, peerUrls, isRestored: true, role }));
  }

  const members: Record<string, MemberProgress> = {};
  const changes: Reason[] = [];
  const unknown: Reason[] = [];
  for (const name of memberNames({ spec, progress: old })) {
    const before = old.members[name];
    const own = spec.members.find((member) => member.name === name);
    const entry = list.find(({ id, peerUrls }) =>
      own === undefined ? id === before?.memberId : peerUrls.includes(peerUrlOf(spec, own)),
    );
    if (entry === undefined) continue;
    const incarnation = incarnationOf(name, entry.id, { old, heard });
    if (incarnation === null) {
      const report = heard.find((one) => one.name === name);
      if (neverStarted(entry, report)) continue;
      if (!entry.isLearner || !hasNoData(report)) {
        unknown.push(reason('reports_its_incarnation', { member: name, memberId: entry.id }));
        continue;
      }
      const left = leaseLeft(situation);
      if (left > 0) {
        const seconds = Math.ceil(left / 1000);
        unknown.push(reason('not_promoted_any_more', { seconds, member: name, memberId: entry.id }));
        continue;
      }
      members[name] = lostLearner(entry.id, now);
      changes.push(reason('learner_without_data', { member: name, memberId: entry.id }));
      continue;
    }
    const phase = entry.isLearner ? 'learner' : 'voter';
    members[name] = {
      incarnation,
      phase,
      memberId: entry.id,
      since: now,
      caughtUp: !entry.isLearner,
      unfit: null,
      // Its node may be another than the one that has begun this incarnation: it must not start it (R4).
      ...(before?.memberId === entry.id && before.leaving !== undefined ? { leaving: before.leaving } : {}),
    };
    if (before?.memberId !== entry.id || before.phase !== phase)
      changes.push(reason('is_member', { member: name, memberId: entry.id, phase }));
  }
  if (unknown.length > 0) return wait(...unknown);

  const incarnations = new Set(Object.values(members).map(({ incarnation }) => incarnation));
  const former = formerIncarnations(old, heard, situation.status).filter(
    ({ incarnation }) => !incarnations.has(incarnation),
  );
  for (const { member } of former) {
    if (old.members[member] !== undefined && members[member] === undefined) changes.push(reason('is_out', { member }));
  }
  const retired = [...old.retired, ...former];
  const contradiction = retired.find(({ incarnation }) => incarnations.has(incarnation));
  if (contradiction !== undefined) {
    const { member, incarnation } = contradiction;
    return wait(reason('runs_ended_incarnation', { member, incarnation }));
  }
  const formation = formationOf(situation, heard, alike.clusterId, members);
  if (formation === null) return wait(reason('no_declared_voter'));
  const formations = formation.token === old.formation?.token ? old.formations : old.formations + 1;
  const ids = new Set(list.map(({ id }) => id));
  const out = Object.values(old.members).flatMap(({ memberId }) =>
    memberId !== null && !ids.has(memberId) && !old.gone.includes(memberId) ? [memberId] : [],
  );
  const permit = continuedHold({ ...situation, progress: { ...situation.progress, members } });
  return {
    ok: true,
    progress: {
      ...old,
      permit,
      // The cluster that was to begin from a snapshot has begun, or was not given up after all.
      restore: null,
      formation,
      formations,
      members,
      undeclared,
      retired,
      gone: [...old.gone, ...out].slice(-mostGone),
      listedAsOf: asOf,
      // The orders of the lost coordinator are not known: from here on no formation is abandoned (R1).
      secondVoterPossible: true,
    },
    changes: [
      ...(changes.length === 0 ? [reason('as_in_backup')] : changes),
      ...(permit === null ? [] : [reason('still_held', { member: permit.member })]),
    ],
  };
}

/**
 * A formation that the store does not know gets another token. etcd ignores the token once it has data, so nothing
 * restarts because of it. Like the first token, it keeps another formation from being the same cluster (R1).
 */
function formationOf(
  { progress, now, freshToken }: TakeOverSituation,
  heard: readonly Report[],
  clusterId: string,
  members: ClusterProgress['members'],
): Formation | null {
  const old = progress.formation;
  if (old?.clusterId === clusterId) return old;
  const founder = heard.find(({ name }) => name === old?.member);
  const same = old?.clusterId === null && founder?.etcd != null && founder.incarnation === old.incarnation;
  if (old !== null && same) return { ...old, clusterId };
  const [voter] = Object.entries(members).filter(([, { phase }]) => phase === 'voter');
  if (voter === undefined) return null;
  const [member, { incarnation }] = voter;
  return { member, incarnation, token: freshToken, startedAt: now, clusterId };
}

function incarnationOf(
  name: string,
  memberId: string,
  { old, heard }: { readonly old: ClusterProgress; readonly heard: readonly Report[] },
): string | null {
  const own = heard.find((report) => report.name === name);
  if (own?.etcd?.memberId === memberId) return own.incarnation;
  const before = old.members[name];
  return before?.memberId === memberId ? before.incarnation : null;
}

/**
 * The lost coordinator had it added, and its node does not know its incarnation, or has not begun it: no incarnation is at risk. It
 * is removed like any learner without an incarnation, and an incarnation that its node may know of is over.
 */
function neverStarted({ isLearner, name }: ListedMember, report: Report | undefined): boolean {
  return isLearner && name === '' && (report?.etcd ?? null) === null;
}

/** Its node has not lived, or has lost its data. */
function hasNoData(report: Report | undefined): boolean {
  const service = report?.node.status?.service;
  if (report === undefined || report.etcd !== null || service === undefined) return false;
  return service.state === 'lost-data' || (report.incarnation === null && service.state !== 'running');
}

/**
 * A learner does not vote, so one that can never follow is removed without an operator's order, like one that stalled
 * (R3). Which incarnation it had is not known, and none is begun in its place (R4).
 */
function lostLearner(memberId: string, since: Instant): MemberProgress {
  return {
    incarnation: `lost${memberId.padStart(16, '0')}`,
    phase: 'learner',
    memberId,
    since,
    caughtUp: false,
    unfit: null,
    leaving: {
      reason: reason('no_data_and_unknown'),
      force: false,
      machineGone: true,
      learnerOnly: true,
    },
  };
}

/** Every incarnation that the backup knows or a node reports, if the cluster is given up without a take-over. */
export function reportedIncarnations(old: ClusterProgress, status: ClusterStatus): RetiredIncarnation[] {
  const reported = Object.entries(status.nodes).map(([name, node]) => ({
    name,
    node,
    incarnation: node.status?.service.incarnation ?? null,
  }));
  return formerIncarnations(old, reported, status);
}

/** Every known incarnation that may be over: an incarnation that is not retired would start instead of the next one. */
function formerIncarnations(
  old: ClusterProgress,
  heard: readonly Pick<Report, 'name' | 'incarnation' | 'node'>[],
  status: ClusterStatus,
): RetiredIncarnation[] {
  const known = new Set(old.retired.map(({ incarnation }) => incarnation));
  const all = [
    ...Object.entries(old.members).map(([member, { incarnation }]) =>
      retiredIncarnation(member, incarnation, livingNode(old, status, member)),
    ),
    ...heard.flatMap(({ name, incarnation, node }) =>
      incarnation === null ? [] : [retiredIncarnation(name, incarnation, node.nodeId)],
    ),
  ];
  return all.filter(({ incarnation }) => {
    if (known.has(incarnation)) return false;
    known.add(incarnation);
    return true;
  });
}

/** What was in progress is not known, and is not continued. Operators may have declared a member again meanwhile. */
function atRest(progress: ClusterProgress, spec: ClusterSpec): ClusterProgress {
  return declaredAgain(
    eachChanges(progress, (concern, part) => concern.onTakeOver?.(part)),
    spec,
  );
}
