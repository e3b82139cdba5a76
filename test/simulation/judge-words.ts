import { causeOf, type Finding } from '@picket/shared/diagnosis/diagnose.ts';
import type { ClusterState } from '@picket/shared/protocol/clusters.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { AnyReason, Reason } from '@picket/shared/reasons/reason.ts';
import type { World } from './world.ts';

const believedFor = 35_000;

type Shown = ReturnType<World['coordinator']['shown']>;

/** The states that say that nothing is wrong with etcd. */
const calm: readonly ClusterState[] = ['forming', 'healthy', 'deleted'];

/** What a diagnosis must not say of a voter, or of the cluster, while the status says that every voter serves. */
const ofSilence: readonly Finding['cause'][] = [
  ...(['cause_voter_down', 'cause_silent', 'cause_machine_off', 'cause_agent_stopped', 'cause_etcd_ends'] as const),
  ...(['cause_no_quorum', 'cause_coordinator_unreached', 'cause_unexplained', 'cause_frozen', 'cause_held'] as const),
  'cause_never_reported',
];

/** The status and the diagnosis of each coordinator agree about whether something is wrong, and each fact in them is known (R19). */
export function judgeWords(world: World): void {
  for (const coordinator of world.coordinators) {
    if (!coordinator.up) continue;
    const shown = coordinator.shown();
    const problem =
      disagreement(shown, coordinator.now) ??
      wrongAfterRestore(shown, coordinator) ??
      wayBackThatIsNone(shown, world) ??
      namesNothing(shown);
    if (problem !== null) world.violate('R19', `${problem}\n${inFull(shown)}`);
  }
}

/** Where they disagree, in words; null if they do not. */
function disagreement({ status, findings }: Shown, now: number): string | null {
  const present = findings.filter(({ countsAs }) => countsAs !== 'over');
  const isCalm = calm.includes(status.state);
  const lacks = status.state === 'forming' && status.members.some(({ nodeId }) => nodeId === null);
  const troubles = status.state === 'deleting' ? ofDeletion(status) : isCalm && !lacks ? [] : [status.state];
  if (troubles.length > 0 && present.length === 0)
    return `the status says ${troubles.join()}, and the diagnosis finds nothing`;
  const ended = [...reasonsIn([status, findings])].find((one) => endsBefore(one, now));
  if (ended !== undefined) return `a hold lasts until a time that has passed: ${inWords(ended)}`;
  const stop = disagreementAboutRollout({ status, findings });
  if (stop !== null) return stop;
  const { on = null } = status.next ?? {};
  const isOfFinding = ({ members, next }: Finding) =>
    next?.on === on?.member || members.some((name) => name === on?.member);
  if (on !== null && status.state === 'no-quorum' && !present.some(isOfFinding))
    return `the status sends people to ${on.member}, and the diagnosis elsewhere`;
  if (!isCalm) return null;
  const voters = status.members.filter(({ phase }) => phase === 'voter').map(({ name }) => name);
  const codes = new Set([...reasonsIn(status)].map(({ code }) => code));
  for (const { cause, members, proof } of present) {
    const isOfVoters = members.length === 0 || members.some((name) => voters.includes(name));
    if (ofSilence.includes(cause) && isOfVoters)
      return `the status says ${status.state}, and the diagnosis finds ${cause}`;
    const isShown = proof.some(({ reason: { code } }) => codes.has(code)) || cause === 'cause_machine_missing';
    if (!isShown && status.rollout === null) return `the status does not show what proves ${cause}`;
  }
  return null;
}

/** What the status of a deletion says is wrong, if anything. */
function ofDeletion({ headline, notices }: Shown['status']): readonly string[] {
  const said = notices.filter(({ code }) => code === 'snapshot_failed' || code === 'voter_ails');
  const silent = headline.code === 'being_deleted' ? headline.facts.silent : [];
  return [...said.map(({ code }) => code), ...silent];
}

const ofStoppedRollout: readonly Finding['cause'][] = [
  ...(['cause_rollout_stopped', 'cause_rollout_port_taken', 'cause_settings_refused'] as const),
];

/** A healthy cluster whose rollout has stopped has the command of the diagnosis in its headline. */
function disagreementAboutRollout({ status, findings }: Shown): string | null {
  const isStopped = status.rollout?.state === 'stopped';
  const finding = findings.find(({ cause }) => ofStoppedRollout.includes(cause));
  if (isStopped && finding === undefined && status.state !== 'deleting' && status.state !== 'deleted')
    return 'the rollout has stopped, and the diagnosis does not say so';
  if (!isStopped && finding?.cause === 'cause_rollout_stopped')
    return 'the diagnosis says that the rollout has stopped, and it has not';
  if (status.state !== 'healthy') return null;
  if (isStopped !== (status.headline.code === 'serve_rollout_stopped'))
    return `the rollout has stopped: ${isStopped}, and the headline says: ${inWords(status.headline)}`;
  return isStopped && status.next?.command !== finding?.next?.command
    ? `the status proposes ${status.next?.command}, and the diagnosis ${finding?.next?.command}`
    : null;
}

/** Until a node is re-adopted nobody knows of its etcd, and no command but a re-adoption ends the freeze. */
function wrongAfterRestore({ status, findings }: Shown, coordinator: Restored): string | null {
  if (!coordinator.rests) return null;
  const awaits = (name: string) => coordinator.awaits(name);
  for (const { cause, members, effects, next, page } of findings) {
    const said = [causeOf(cause, members), ...effects].find((one) => isOfAwaited(one, awaits));
    if (said !== undefined) return `a node waits for its re-adoption, and the diagnosis says of it: ${inWords(said)}`;
    const isSentAway = page === 'unfreeze-a-cluster.md' || next?.command.includes(' unfreeze ') === true;
    if (isSentAway)
      return 'the diagnosis sends somebody to unfreeze a cluster that a restored coordinator has not taken over';
  }
  return status.next?.command.includes(' unfreeze ') === true ? 'the status does so' : null;
}

/** No longer than a report counts may a way back be shown that etcd's cluster version has closed. */
function wayBackThatIsNone({ status }: Shown, { cluster, now }: World): string | null {
  const { wayBack } = status.upgrade ?? {};
  const { minor } = (wayBack?.facts ?? {}) as { readonly minor?: string };
  if (wayBack?.code !== 'back_until_last' || cluster === undefined || cluster.minor !== minor) return null;
  return now - cluster.risenAt > believedFor
    ? `the cluster version is ${cluster.minor}, and a way back is shown`
    : null;
}

/** A sentence with a fact that nobody knows, such as the name of a member; null if there is none. */
function namesNothing({ status, findings }: Shown): string | null {
  const said = [...reasonsIn([status, findings])].map(inWords).find((words) => /\b(undefined|NaN)\b/.test(words));
  return said === undefined ? null : `it says what nobody knows: ${said}`;
}

type Restored = Pick<World['coordinator'], 'rests' | 'awaits'>;

function isOfAwaited({ code, facts }: Reason, awaits: Restored['awaits']): boolean {
  const { members = [] } = facts as { readonly members?: readonly string[] };
  return ofSilence.some((one) => one === code) && members.some((name) => awaits(name));
}

function endsBefore({ facts }: AnyReason, now: number): boolean {
  const { until } = facts as { readonly until?: unknown };
  return typeof until === 'string' && Date.parse(until) < now;
}

/** Each reason in it, at any depth. */
function* reasonsIn(value: unknown): Generator<AnyReason> {
  if (typeof value !== 'object' || value === null) return;
  if ('code' in value && 'facts' in value) yield value as AnyReason;
  for (const inner of Object.values(value)) yield* reasonsIn(inner);
}

function inFull({ status, findings }: Shown): string {
  const { state, headline, waitsFor, notices } = status;
  return [
    `${state}: ${inWords(headline)}`,
    ...[...waitsFor, ...notices].map((one) => `- ${inWords(one)}`),
    ...findings.map(({ cause, members, proof }) => {
      const because = proof.map(({ reason, about }) => `${about}: ${inWords(reason)}`).join('; ');
      return `* ${inWords(causeOf(cause, members))} (${because})`;
    }),
    '',
  ].join('\n');
}
