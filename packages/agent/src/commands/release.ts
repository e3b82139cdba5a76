import { failure } from '@picket/shared/errors.ts';
import { RemoteError } from '../coordinator/remote-error.ts';
import type { Journal } from '../journal/journal.ts';
import { openJournal } from '../journal/journal-store.ts';
import { writeLocalOrder } from '../journal/local-order.ts';
import { asThisNode, isAway, memberHere, requireAgent } from './as-this-node.ts';
import type { AgentIo, CommonOptions } from './io.ts';
import { readSetting, type Setting } from './setting.ts';

/**
 * Ends the hold of this machine's member before its time, as `picket member release` does. If no coordinator answers, the
 * agent only starts etcd again. Throws `release_needs_coordinator` if there is nothing to start, and what the coordinator
 * refuses it with.
 */
export async function releaseCommand(io: AgentIo, options: CommonOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { member } = await memberHere(setting);
  const refusal = await asThisNode(setting, (client) => client.release()).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  const rest = refusal === null ? '' : await releaseHere(setting, refusal.error);
  io.stdout.write(`The hold of ${member.name} ends. If its etcd was stopped, the agent starts it.${rest}\n`);
}

/** @returns what is left to the coordinator, as words for root */
async function releaseHere(setting: Setting, error: unknown): Promise<string> {
  const isUnknown = error instanceof RemoteError && error.code === 'member_not_held';
  if (!isAway(error) && !isUnknown) throw error;
  const held = await heldHere(setting);
  if (held === null || (isUnknown && held.alone === undefined)) {
    throw isAway(error) ? failure('release_needs_coordinator', { reason: error.message }, { cause: error }) : error;
  }
  await requireAgent(setting);
  const { host, paths } = setting;
  const order = { id: held.permit, boot: host.boot, at: host.clock.monotonic(), hold: null };
  await writeLocalOrder(host.files, paths.stateDir, order);
  if (held.alone !== undefined) return '';
  return ' The coordinator ends the hold when its time is over, or when you repeat this command once it answers.';
}

/** The hold that this agent has begun in this boot, and for which it may keep etcd down; null if there is none. */
async function heldHere({ host, paths }: Setting): Promise<Journal['held']> {
  const { held } = (await openJournal(host.files, paths.stateDir)).current();
  return held !== null && held.boot === host.boot && (held.stopped || held.alone !== undefined) ? held : null;
}
