import { failure, type PicketError } from '@picket/shared/errors.ts';
import { checksVoters, notBegun } from '@picket/shared/holds/not-begun.ts';
import { plain } from '@picket/shared/plain.ts';
import type { HoldRequest, HoldView } from '@picket/shared/protocol/clusters.ts';
import { shownTime } from '@picket/shared/reasons/shown-time.ts';
import { asThisNode, isAway, memberHere, requireAgent } from './as-this-node.ts';
import type { HeldHere } from './held-here.ts';
import { withoutCoordinator } from './hold-by-hand.ts';
import type { AgentIo, CommonOptions, Output } from './io.ts';
import { readSetting, type Setting } from './setting.ts';

export interface HoldOptions extends CommonOptions {
  readonly output: Output;
  readonly for: number;
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
  const order: HoldRequest = {
    seconds: options.for,
    ...(reason === undefined ? {} : { reason }),
    ...(stop === undefined ? {} : { stop }),
  };
  const away = await asThisNode(setting, (client) => client.hold(order)).then(
    () => null,
    (error: unknown) => {
      if (isAway(error)) return error;
      throw error;
    },
  );
  if (away !== null) {
    const held = await withoutCoordinator(io, setting, { cluster, away, stop: stop === true });
    io.stdout.write(
      options.output === 'json' ? asJson({ state: 'open', ...held }) : heldAlready(member.name, held, away),
    );
    return;
  }
  const begun = await opened(io, setting, of);
  io.stdout.write(options.output === 'json' ? asJson(begun) : inWords(member.name, begun));
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

function inWords(member: string, { until, stop }: HoldView): string {
  const now = stop ? 'Its etcd is stopped.' : 'Its etcd runs until the machine is rebooted.';
  return [
    `${plain(member)} is held until ${plain(shownTime(until))}. ${now} You can work on this machine now, or reboot it.\n`,
    'The hold ends when the member serves again after a boot, or with: picket-agent release\n',
  ].join('');
}

function heldAlready(member: string, { since, until, stopped }: HeldHere, { message: problem }: PicketError): string {
  const now = stopped ? 'Its etcd is stopped.' : 'Its etcd runs until the machine is rebooted.';
  return [
    `${plain(member)} is held already, since ${shownTime(since)} until ${shownTime(until)}. ${now} You can work on this machine now, or reboot it.\n`,
    `Nothing was changed, because no coordinator has answered: ${plain(problem)}\n`,
    'The hold ends when the member serves again after a boot, or with: picket-agent release\n',
  ].join('');
}

function asJson(hold: object): string {
  return `${JSON.stringify(hold, null, 2)}\n`;
}
