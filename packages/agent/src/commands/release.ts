import { failure } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import { RemoteError } from '../coordinator/remote-error.ts';
import type { Journal } from '../journal/journal.ts';
import { openJournal } from '../journal/journal-store.ts';
import { writeLocalRelease } from '../journal/local-release.ts';
import { asThisNode, isAway, memberHere, requireAgent } from './as-this-node.ts';
import { type AgentIo, type CommonOptions, type Output, print } from './io.ts';
import { readSetting, type Setting } from './setting.ts';

/**
 * Ends the hold of this machine's member before its time, as `picket member release` does. If no coordinator answers, or it
 * refuses, the agent only starts etcd again (R10). Throws `release_needs_coordinator` if none answers and there is nothing
 * to start, and what the coordinator refuses it with if there is nothing to start.
 */
export async function releaseCommand(io: AgentIo, options: CommonOptions & { readonly output: Output }): Promise<void> {
  const setting = await readSetting(io, options);
  const { member } = await memberHere(setting);
  const refusal = await asThisNode(setting, (client) => client.release()).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  const rest = refusal === null ? await releasedThere(setting) : await releaseHere(setting, refusal.error);
  const message = `The hold of ${member.name} ends. If its etcd was stopped, the agent starts it.${rest}`;
  print(io, options, { member: member.name, message }, () => `${message}\n`);
}

/** An earlier agent may have begun the hold without the coordinator, and does not hear of its end. */
async function releasedThere(setting: Setting): Promise<string> {
  const held = await heldHere(setting);
  if (held?.alone !== undefined) await orderRelease(setting, held);
  return '';
}

/** @returns what is left to the coordinator, as words for root */
async function releaseHere(setting: Setting, error: unknown): Promise<string> {
  if (!isAway(error) && !(error instanceof RemoteError)) throw error;
  // A hold that an earlier agent began without a coordinator is known to nobody else.
  const isUnknown = error.code === 'member_not_held';
  const held = await heldHere(setting);
  if (held === null || (isUnknown && held.alone === undefined)) {
    throw isAway(error) ? failure('release_needs_coordinator', { reason: error.message }, { cause: error }) : error;
  }
  await requireAgent(setting);
  await orderRelease(setting, held);
  const refused = isAway(error) || isUnknown ? '' : ` The coordinator refuses to end the hold: ${plain(error.message)}`;
  if (held.alone !== undefined) return refused;
  return `${refused} The coordinator ends the hold when its time is over, or when you repeat this command once it ${refused === '' ? 'answers' : 'accepts it'}.`;
}

async function orderRelease({ host, paths }: Setting, { permit: id }: NonNullable<Journal['held']>): Promise<void> {
  await writeLocalRelease(host.files, paths.stateDir, { id, boot: host.boot, hold: null });
}

/** The hold that this agent has begun in this boot, and for which it may keep etcd down; null if there is none. */
async function heldHere({ host, paths }: Setting): Promise<Journal['held']> {
  const { held } = (await openJournal(host.files, paths.stateDir)).current();
  return held !== null && held.boot === host.boot && held.stopped ? held : null;
}
