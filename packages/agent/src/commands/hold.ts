import { failure, PicketError } from '@picket/shared/errors.ts';
import { checksVoters, notBegun } from '@picket/shared/holds/not-begun.ts';
import { plain } from '@picket/shared/plain.ts';
import type { HoldView } from '@picket/shared/protocol/clusters.ts';
import { nextStep } from '@picket/shared/reasons/next-step.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { shownTime } from '@picket/shared/reasons/shown-time.ts';
import { etcdByHand } from '@picket/shared/service-commands.ts';
import { probeMember } from '../etcd/probe.ts';
import { readLocalRelease } from '../journal/local-release.ts';
import type { AgentDeps } from '../loop/agent.ts';
import { isMember } from '../model/model.ts';
import { shownCredentials } from '../reconcile/apply/ask-voter.ts';
import { checkAbsence } from '../reconcile/apply/disruption.ts';
import { asThisNode, isAway, memberHere, requireAgent } from './as-this-node.ts';
import { type HeldHere, heldHere } from './held-here.ts';
import { type AgentIo, type CommonOptions, type Output, print } from './io.ts';
import { lookOnly, type NodeView } from './look-only.ts';
import { joinedIdentity, readSetting, type Setting } from './setting.ts';
import { ownerIfKnown } from './status.ts';
import { surroundingsOf } from './surroundings.ts';

export interface HoldOptions extends CommonOptions {
  readonly output: Output;
  readonly for?: number;
  readonly reason?: string;
  readonly stop?: true;
}

const askAgainMs = 500;

/**
 * Holds this machine's member, as `picket member hold` does, and returns once the machine can be worked on. The
 * coordinator grants it, and the running agent begins it. Throws `hold_not_begun` if the agent finds that the cluster needs
 * this member, and what the coordinator refuses it with. If no coordinator answers, nothing changes: it returns if the member is
 * held already, and else throws `hold_needs_coordinator` with the commands for root to stop and start etcd, or
 * `member_needed_now`.
 */
export async function holdCommand(io: AgentIo, options: HoldOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { member, cluster } = await memberHere(setting);
  await requireAgent(setting);
  const of = { cluster, member: member.name };
  const { reason, stop } = options;
  const order = { seconds: options.for, reason, stop };
  const answer = await asThisNode(setting, (client) => client.hold(order)).catch((error: unknown) => {
    if (isAway(error)) return error;
    throw error;
  });
  if (answer instanceof PicketError) {
    const held = await withoutCoordinator(io, setting, { cluster, away: answer, stop: stop === true });
    return print(io, options, { state: 'open', ...held }, () => heldAlready(member.name, held, answer));
  }
  // The member was held already, and its hold now ends at another time.
  const { hold: granted } = answer;
  const begun = granted?.state === 'open' ? granted : await opened(io, setting, of);
  print(io, options, begun, () => inWords(member.name, begun));
}

/** The hold that the coordinator has granted, once the agent has begun it. Throws `hold_not_begun`. */
async function opened(
  { signal, stderr }: AgentIo,
  setting: Setting,
  of: { readonly cluster: string; readonly member: string },
): Promise<HoldView> {
  stderr.write(`${checksVoters}\n`);
  for (;;) {
    const { hold } = await asThisNode(setting, (client) => client.member());
    if (hold?.state === 'open') return hold;
    if (hold?.state !== 'begins') throw notBegun({ ...of, place: 'board' }, hold?.over);
    await setting.host.clock.sleep(askAgainMs, signal);
    if (signal.aborted) throw failure('hold_interrupted', of);
  }
}

function inWords(member: string, { until, stop, changedBy }: HoldView): string {
  const held = changedBy === undefined ? 'is held' : 'was held already. It is now held';
  return [`${plain(member)} ${held} until ${plain(shownTime(until))}. ${now(stop)}\n`, `${end}\n`].join('');
}

function heldAlready(member: string, { since, until, stopped }: HeldHere, { message: problem }: PicketError): string {
  return [
    `${plain(member)} is held already, since ${shownTime(since)} until ${shownTime(until)}. ${now(stopped)}\n`,
    `Nothing was changed, because no coordinator has answered: ${plain(problem)}\n`,
    `${end}\n`,
  ].join('');
}

function now(isStopped: boolean): string {
  const etcd = isStopped ? 'Its etcd is stopped.' : 'Its etcd runs until the machine is rebooted.';
  return `${etcd} You can work on this machine now, or reboot it.`;
}

const end = 'The hold ends when the member serves again after a boot, or with: picket-agent release';

/**
 * The hold that this member has already, if no coordinator answers: its machine can be worked on. Throws
 * `hold_needs_coordinator` with the commands by which root can do without it, or `member_needed_now` if a check of this node says
 * that the cluster needs this member. Changes nothing.
 */
async function withoutCoordinator(
  io: AgentIo,
  setting: Setting,
  { cluster, away, stop }: { readonly cluster: string; readonly away: PicketError; readonly stop: boolean },
): Promise<HeldHere> {
  const { paths, host } = setting;
  const { node } = await joinedIdentity(setting);
  const surroundings = await surroundingsOf(io, setting, node, ownerIfKnown);
  const view = await lookOnly(surroundings, null, null);
  const held = await heldStill(view, setting);
  // It takes nothing from the cluster that the hold has not taken.
  if (held?.stopped === true && view.current.service.kind !== 'running') return held;
  const why = await whyNeeded(view, { host, paths, probe: probeMember });
  const { message: problem } = away;
  if (why === null) {
    if (held !== null && !stop) return held;
    const advice = reason('work_by_hand', { commands: etcdByHand[host.init.name] });
    throw failure('hold_needs_coordinator', { problem, advice }, { cause: away });
  }
  const next = nextStep(why, { cluster, place: 'board' });
  const advice = next.code === 'reboot_freely' ? next : reason('without_reboot', { next });
  throw failure('member_needed_now', { problem, why, advice }, { cause: away });
}

/** The hold, unless its time is over, or root has ended it on this machine. */
async function heldStill(view: NodeView, { host, paths }: Setting): Promise<HeldHere | null> {
  const held = heldHere(view);
  const { now, boot, journal } = view.current;
  if (held === null || now >= Date.parse(held.until)) return null;
  const release = await readLocalRelease(host.files, paths.stateDir);
  return release?.boot === boot && release?.id === journal.held?.permit ? null : held;
}

/**
 * Why the cluster may need this member now, by what the agent checks before a hold; null if it does not. Whether another
 * member is held, only the coordinator knows (R2).
 */
export async function whyNeeded(
  { accepted, current }: NodeView,
  { host, paths, probe }: Pick<AgentDeps, 'host' | 'paths' | 'probe'>,
): Promise<Reason | null> {
  const incarnation = current.journal.startedWith?.incarnation;
  if (accepted === null || !isMember(accepted) || incarnation === undefined) return reason('etcd_is_silent');
  const credentials = await shownCredentials(accepted, { host, paths });
  if (credentials === null) return reason('certificates_unread');
  const { members = null, isLearner = false } = current.etcd ?? {};
  // The observation has just read the list; a learner gets none.
  if (current.etcd !== null && members === null && !isLearner) return reason('members_unread');
  const listed = members ?? [];
  const memberList = async () => [...listed];
  const verdict = await checkAbsence({ current, incarnation, paths, memberList, probe, credentials });
  if (!verdict.ok) return verdict.why;
  // Only the coordinator knows whether an operator allows downtime.
  const { length: voters } = listed.filter((member) => !member.isLearner);
  return isLearner || voters > 2 ? null : reason('reboots_without_hold', { voters });
}
