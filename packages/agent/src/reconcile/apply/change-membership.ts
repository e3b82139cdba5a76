import type { MembershipStep } from '@picket/shared/protocol/desired-state.ts';
import type { ListedMember, StepOutcome } from '@picket/shared/protocol/report.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { EtcdError, type EtcdGateway, reasonOfEtcd } from '../../etcd/etcd.ts';
import { healthPath, healthPathWhileCorrupt } from '../../etcd/gateway-json.ts';
import { isMember, type StepOf } from '../../model/model.ts';
import { reported } from '../../model/reported.ts';
import { leaseIsValid } from '../lease.ts';
import { absentOf, shownCredentials } from './ask-voter.ts';
import type { ExecutionContext } from './execution.ts';

type Ending = Pick<StepOutcome, 'outcome' | 'reason'>;

/** InvalidArgument, NotFound, AlreadyExists, FailedPrecondition: etcd has decided. With any other code it could not. */
const refusals: ReadonlySet<number> = new Set([3, 5, 6, 9]);

/**
 * Makes one change of etcd's membership and records how it ended. A change that has already happened counts as done,
 * since an answer may have been lost. A refused or failed change is also an ending. The agent reports it to the
 * coordinator; it is not a failure of this node. The agent retries while the lease holds.
 */
export async function changeMembership(
  { step }: StepOf<'change-membership'>,
  context: ExecutionContext,
): Promise<void> {
  const { accepted, host, gateway, journal, failpoint, log } = context;
  const etcd = await gateway();
  const verdict = await ended(() => judge(step, etcd, context));
  let ending: Ending;
  if (!('call' in verdict)) ending = verdict;
  else if (!leaseIsValid(accepted, step.validForSeconds, host.clock.monotonic())) {
    // Checked after the list, which may have been slow to arrive.
    ending = failed(reason('begun_too_late'));
  } else {
    failpoint('membership.before-call');
    ending = await ended(async () => done(await verdict.call()));
    failpoint('membership.after-call');
  }
  log.info(
    { id: step.id, ...ending, reason: inWords(ending.reason) },
    `membership: ${step.kind} ${step.member}: ${ending.outcome}`,
  );
  const lastStep: StepOutcome = { id: step.id, member: step.member, ...ending };
  await journal.set({ lastStep });
}

/** What to ask of etcd, or how the step ends without a request. */
async function judge(
  step: MembershipStep,
  etcd: EtcdGateway | null,
  context: ExecutionContext,
): Promise<Ending | { call(): Promise<Reason> }> {
  if (etcd === null) return failed(reason('no_client_certificate'));
  const members = await etcd.memberList();
  const memberOf = ({ memberId }: { readonly memberId: string }) => members.find(({ id }) => id === memberId);
  const removal = (memberId: string) => ({
    call: () => etcd.remove(memberId).then(() => reason('removed', { memberId })),
  });
  switch (step.kind) {
    case 'add-learner': {
      const { peerUrl } = step;
      const there = members.find(({ peerUrls }) => peerUrls.includes(peerUrl));
      if (there !== undefined) return done(reason('added_already', { peerUrl, memberId: there.id }));
      return { call: async () => reason('added_as', { memberId: await etcd.addLearner(peerUrl) }) };
    }
    case 'promote': {
      const { memberId } = step;
      const member = memberOf(step);
      if (member === undefined) return refused(reason('member_unknown', { memberId }));
      if (!member.isLearner) return done(reason('voter_already', { memberId }));
      return { call: () => etcd.promote(memberId).then(() => reason('made_voter', { memberId })) };
    }
    case 'remove-learner': {
      const { memberId } = step;
      const member = memberOf(step);
      if (member === undefined) return done(reason('removed_already', { memberId }));
      // A late promotion must not turn this removal into the loss of a voter (R3).
      if (!member.isLearner) return refused(reason('voter_kept', { memberId }));
      return removal(memberId);
    }
    case 'remove-voter': {
      const { memberId } = step;
      if (memberOf(step) === undefined) return done(reason('removed_already', { memberId }));
      const stay = members.filter(({ id, isLearner }) => !isLearner && id !== memberId);
      const obstacle = await leavesTooFew(step, stay, context);
      return obstacle === null ? removal(memberId) : refused(obstacle);
    }
  }
}

/**
 * Why this voter must not be removed as things are now, not as the coordinator last heard (R3). etcd itself still
 * counts a connection for some seconds after the other end has gone.
 */
async function leavesTooFew(
  { memberId, force, differs }: Extract<MembershipStep, { kind: 'remove-voter' }>,
  stay: readonly ListedMember[],
  context: ExecutionContext,
): Promise<Reason | null> {
  if (stay.length === 0) return reason('last_voter', { memberId });
  if (stay.length === 1 && !force) return reason('one_of_two_unforced', { memberId });
  const { accepted, probe } = context;
  const credentials = isMember(accepted) ? await shownCredentials(accepted, context) : null;
  if (credentials === null) return reason('certificates_unread');
  const alarms = (await context.observe()).etcd?.alarms ?? [];
  const path = differs === true ? healthPathWhileCorrupt : healthPath(alarms);
  const absent = await absentOf(stay, { probe, credentials, path });
  const able = stay.length - absent.length;
  return able > stay.length / 2 ? null : reason('too_few_would_stay', { stay: stay.length, able, absent });
}

async function ended<Result>(attempt: () => Promise<Result>): Promise<Result | Ending> {
  try {
    return await attempt();
  } catch (error) {
    const isRefusal = error instanceof EtcdError && refusals.has(error.grpcCode);
    return isRefusal ? refused(reasonOfEtcd(error)) : failed(reasonOfEtcd(error));
  }
}

function done(why: AnyReason): Ending {
  return { outcome: 'done', reason: why };
}

function refused(why: AnyReason): Ending {
  return { outcome: 'refused', reason: reported(why) };
}

function failed(why: AnyReason): Ending {
  return { outcome: 'failed', reason: reported(why) };
}
