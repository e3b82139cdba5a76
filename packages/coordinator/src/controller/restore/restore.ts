import { readFacts } from '@picket/shared/answered-reads.ts';
import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { nodeNames } from '../../model/member-names.ts';
import { mayBeHeard } from '../../model/presence.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import { asReported, quarantineOf } from '../../model/quarantine.ts';
import { restoreRunning } from '../../model/restore-running.ts';
import type { FormerMember, RestoreSource } from '../../model/restore-source.ts';
import type { Situation } from '../../model/situation.ts';
import { clientUrlOf } from '../../model/urls.ts';
import { freshFor } from '../../model/waits.ts';
import { requireAbleToRestore } from '../formation/able-to-restore.ts';
import { withoutIncarnations } from '../reset-formation.ts';
import { thawed } from '../safety/thawed.ts';
import { reportedIncarnations, type TakeOverSituation } from '../take-over/take-over.ts';
import {
  formerMember,
  freshReads,
  isMajorityLost,
  type KnownMember,
  knownMembers,
  lostAmong,
  rememberedMember,
} from './voter-evidence.ts';

/** What an operator gives with the order to restore. */
export interface RestoreWord {
  /** Also if it is not known that a majority of the voters lost their data. */
  readonly force: boolean;
  /** The typed name, for a cluster that is known to serve; null: none. */
  readonly confirm: string | null;
}

/**
 * Gives a cluster up for one of its snapshots, by an operator's order: every incarnation so far is retired, and the next
 * founding begins from the snapshot, under a new nonce and so as another cluster (R1). Later writes are lost. Throws
 * `restore_refused` while the cluster is frozen, while the quarantined node of a member reports, and while a member's
 * node that waits for its re-adoption contacts the coordinator: its etcd may serve, and its reports do not count.
 * Throws `restore_needs_name` if its etcd is known to serve, unless the operator typed its name. Without force, throws
 * `restore_unproven` unless a majority of its voters is known to have lost its data (R16).
 */
export function restoreFrom(
  situation: Situation & Pick<TakeOverSituation, 'seenUnadopted'>,
  source: RestoreSource,
  word: RestoreWord,
): ClusterProgress {
  const { progress, spec } = situation;
  if (progress.frozen !== null) {
    throw failure('restore_refused', { cluster: spec.name, reason: reason('is_frozen', { why: progress.frozen }) });
  }
  requireNoneQuarantined(situation);
  requireNamedIfServing(situation, word);
  requireNoneSeen(situation);
  const members = knownMembers(situation);
  // A cluster that is already being given up is not known to be lost either.
  const former = formerOf(progress).map(rememberedMember);
  if (!word.force) for (const cluster of [members, former]) requireMajorityLost(cluster, spec.name);
  requireAbleToRestore(situation, source);
  return {
    ...withoutIncarnations(progress, situation.status),
    secondVoterPossible: false,
    restore: begunFrom(source, [...members, ...former]),
  };
}

/**
 * The same if the coordinator itself was restored from a backup, and so many of etcd's voters are lost that the
 * progress can no longer be taken from them. It needs force: which voters existed is not known. The incarnations that
 * re-adopted nodes report are over too, since the backup may not know them; `stillStanding` makes the restore wait for
 * the other nodes, or for their eviction. Throws `restore_refused` without force, and while a member's node that is not
 * re-adopted contacts the coordinator; `restore_needs_name` as {@link restoreFrom} does.
 */
export function restoreUnheard(
  situation: Situation & Pick<TakeOverSituation, 'seenUnadopted'> & { readonly waits: readonly Reason[] },
  source: RestoreSource,
  word: RestoreWord,
): ClusterProgress {
  const { progress, spec, status, waits } = situation;
  const refuse = (why: Reason) => failure('restore_refused', { cluster: spec.name, reason: why });
  requireNamedIfServing(situation, word);
  if (!word.force) {
    throw refuse(reason('voters_unknown', { waits }));
  }
  requireNoneSeen(situation);
  requireAbleToRestore(situation, source);
  const retired = [...progress.retired, ...reportedIncarnations(progress, status)];
  const restore = begunFrom(source, [...everyDeclared(situation), ...formerOf(progress).map(rememberedMember)]);
  return { ...withoutIncarnations(thawed(progress), status), retired, secondVoterPossible: false, restore };
}

/**
 * Throws `restore_refused`: a quarantined node gets no new desired state, so its etcd would run on beside the next
 * cluster.
 */
function requireNoneQuarantined({ spec, progress, status, now }: Situation): void {
  const reasons = nodeNames({ spec, status }).flatMap((name) => {
    const node = status.nodes[name];
    if (node === undefined || quarantineOf(progress, node.nodeId) === null) return [];
    if (!mayBeHeard(asReported(node), now)) return [];
    return [reason('quarantined_and_heard', { member: name, nodeId: node.nodeId, seconds: freshFor / 1000 })];
  });
  if (reasons.length > 0)
    throw failure('restore_refused', { cluster: spec.name, reason: reason('several', { reasons }) });
}

/**
 * Throws `restore_needs_name`: an operator who types the name of a cluster that serves has surely seen which one it is.
 */
function requireNamedIfServing(situation: Situation, { force, confirm }: RestoreWord): void {
  const { name } = situation.spec;
  const reads = freshReads(situation);
  if (reads.length === 0 || (force && confirm === name)) return;
  throw failure('restore_needs_name', { cluster: name, ...readFacts(reads, freshFor) });
}

/** Throws `restore_refused`. */
function requireNoneSeen({ spec, status, seenUnadopted }: Situation & Pick<TakeOverSituation, 'seenUnadopted'>): void {
  if (seenUnadopted.length === 0) return;
  const nodes = seenUnadopted.map((member) => ({ member, nodeId: status.nodes[member]?.nodeId ?? null }));
  throw failure('restore_refused', { cluster: spec.name, reason: reason('nodes_await_readoption', { nodes }) });
}

/** Throws `restore_unproven`. */
function requireMajorityLost(members: readonly KnownMember[], name: string): void {
  if (isMajorityLost(members)) return;
  const voters = members.filter(({ isVoter }) => isVoter);
  const unknown = members.flatMap(({ name: member, nodeId, isVoter, mayBeOut, evidence }): readonly Reason[] => {
    if (evidence.kind === 'lost')
      return mayBeOut === true ? [reason('of_member', { member, why: reason('may_be_out_already') })] : [];
    const why = evidence.kind === 'unknown' ? evidence.why : reason('serves');
    return [reason('not_known_lost', { member, nodeId, isVoter, why })];
  });
  throw failure('restore_unproven', {
    cluster: name,
    lost: `${lostAmong(voters)} of its ${voters.length}`,
    unknown: reason('several', { reasons: unknown }),
  });
}

/** Every one that the backup knows as a member: any may have become a voter since. */
function everyDeclared(situation: Situation): readonly KnownMember[] {
  const known = knownMembers(situation);
  const others = situation.spec.members.filter(({ name }) => !known.some((one) => one.name === name));
  return [
    ...known,
    ...others.map((member): KnownMember => {
      const clientUrls = [clientUrlOf(situation.spec, member)];
      const evidence = { kind: 'unknown', why: reason('not_in_backup') } as const;
      const nodeId = situation.status.nodes[member.name]?.nodeId ?? null;
      return { name: member.name, nodeId, clientUrls, isVoter: true, evidence };
    }),
  ];
}

/** Of the cluster that is being given up, until the next one is recorded. */
function formerOf(progress: Pick<ClusterProgress, 'restore' | 'formation'>): readonly FormerMember[] {
  return restoreRunning(progress)?.former ?? [];
}

/** A member of both clusters is lost only with its data of both. */
function begunFrom(source: RestoreSource, members: readonly KnownMember[]): RestoreSource {
  const byPlace = new Map<string, FormerMember>();
  for (const one of members.map(formerMember)) {
    const place = `${one.name} ${one.clientUrls.join(' ')}`;
    const before = byPlace.get(place);
    const mayBeOut = one.mayBeOut === true ? ({ mayBeOut: true } as const) : {};
    byPlace.set(place, before === undefined ? one : { ...before, ...mayBeOut, lost: before.lost && one.lost });
  }
  return { ...source, former: [...byPlace.values()] };
}

/**
 * The restore as it was before this member was told to found with it, once its machine is known to be lost; null if
 * it is another member. Whatever that machine may still make of it has another token, and is another cluster (R1).
 */
export function takenBackFrom(
  { progress, status }: Pick<Situation, 'progress' | 'status'>,
  member: string,
): ClusterProgress | null {
  const { formation } = progress;
  if (formation?.member !== member || formation.clusterId !== null || formation.from === undefined) return null;
  return { ...withoutIncarnations(progress, status), restore: formation.from };
}
