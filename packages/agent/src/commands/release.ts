import { failure } from '@picket/shared/errors.ts';
import { asThisNode, isAway, memberHere } from './as-this-node.ts';
import type { AgentIo, CommonOptions } from './io.ts';
import { readSetting } from './setting.ts';

/** Ends the hold of this machine's member before its time, as `picket member release` does. */
export async function releaseCommand(io: AgentIo, options: CommonOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { member } = await memberHere(setting);
  await asThisNode(setting, (client) => client.release()).catch((error: unknown) => {
    throw isAway(error) ? failure('release_needs_coordinator', { reason: error.message }, { cause: error }) : error;
  });
  io.stdout.write(`The hold of ${member.name} ends. If its etcd was stopped, the agent starts it.\n`);
}
