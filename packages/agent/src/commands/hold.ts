import { failure } from '@picket/shared/errors.ts';
import { checksVoters, notBegun } from '@picket/shared/holds/not-begun.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { plain } from '@picket/shared/plain.ts';
import type { HoldRequest, HoldView } from '@picket/shared/protocol/clusters.ts';
import { shownTime } from '@picket/shared/reasons/shown-time.ts';
import { asThisNode, isAway, memberHere, requireAgent } from './as-this-node.ts';
import { holdAlone } from './hold-alone.ts';
import type { AgentIo, CommonOptions, Output } from './io.ts';
import { readSetting, type Setting } from './setting.ts';

export interface HoldOptions extends CommonOptions {
  readonly output: Output;
  readonly for: number;
  readonly reason?: string;
  readonly stop?: true;
  readonly alone?: true;
}

type Begun = Pick<HoldView, 'reason' | 'until' | 'stop'>;

const askAgainMs = 500;

/**
 * Holds this machine's member, as `picket member hold` does, and returns once the machine can be worked on. The
 * coordinator grants it, and the running agent begins it; with `alone`, the agent begins it also if no coordinator answers.
 * Throws `hold_needs_coordinator` if none answers, `hold_not_begun` if the agent finds that the cluster needs this member,
 * and what the coordinator refuses it with.
 */
export async function holdCommand(io: AgentIo, options: HoldOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { member, cluster } = await memberHere(setting);
  await requireAgent(setting);
  const of = { cluster, member: member.name };
  const { reason, stop, alone } = options;
  const order: HoldRequest = {
    seconds: options.for,
    ...(reason === undefined ? {} : { reason }),
    ...(stop === undefined ? {} : { stop }),
  };
  const away = await asThisNode(setting, (client) => client.hold(order)).then(
    () => null,
    (error: unknown) => {
      if (!isAway(error)) throw error;
      if (alone !== true) throw failure('hold_needs_coordinator', { reason: error.message }, { cause: error });
      return error;
    },
  );
  const begun = away === null ? await opened(io, setting, of) : await begunAlone(io, setting, { of, order });
  io.stdout.write(options.output === 'json' ? `${JSON.stringify(begun, null, 2)}\n` : inWords(member.name, begun));
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

async function begunAlone(
  io: AgentIo,
  setting: Setting,
  { of, order }: { readonly of: { readonly cluster: string; readonly member: string }; readonly order: HoldRequest },
): Promise<Begun> {
  const { seconds, reason: why = null, stop = false } = order;
  await holdAlone(io, setting, { ...of, hold: { seconds, stop, why } });
  return { reason: why, until: isoTime(setting.host.clock.now() + seconds * 1000), stop };
}

function inWords(member: string, { until, stop }: Begun): string {
  const now = stop ? 'Its etcd is stopped.' : 'Its etcd runs until the machine is rebooted.';
  return [
    `${plain(member)} is held until ${plain(shownTime(until))}. ${now} You can work on this machine now, or reboot it.\n`,
    'The hold ends when the member serves again after a boot, or with: picket-agent release\n',
  ].join('');
}
