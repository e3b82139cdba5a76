import { restartsAgent } from '@picket/shared/service-commands.ts';
import { undatedCoordinator } from '../coordinator/undated.ts';
import { coordinatorUrl } from '../coordinator/url.ts';
import { openJournal } from '../journal/journal-store.ts';
import type { AgentIo, CommonOptions } from './io.ts';
import { joinedIdentity, readSetting } from './setting.ts';

/**
 * Points this node at the new address of its coordinator. It must answer there with a certificate of a control CA that this node
 * trusts already, so nobody else can take the node over (R8). The dates of that certificate are judged by the agent, whenever it asks
 * there: a clock that is wrong must not keep the node from its coordinator (R14). Throws `not_joined`, `coordinator_unreachable`,
 * `coordinator_name_mismatch`, `coordinator_answer_invalid` and what verifying a certificate throws; then nothing is changed.
 */
export async function setCoordinatorCommand(
  io: AgentIo,
  options: CommonOptions & { readonly url: string },
): Promise<void> {
  const url = coordinatorUrl(options.url);
  const setting = await readSetting(io, options);
  const { host, paths, store } = setting;
  const { node, credentialPem: credential, controlCertificates: trust } = await joinedIdentity(setting);
  const { clockFloor } = (await openJournal(host.files, paths.stateDir)).current();
  await undatedCoordinator({ url, trust, credential }).time(Math.max(io.buildTime, clockFloor));
  if (node.coordinator === url) return void io.stdout.write(`This node already asks ${url}.\n`);
  // It may have joined again meanwhile.
  const present = await joinedIdentity(setting);
  await store.keepNode({ ...present.node, coordinator: url });
  io.stdout.write(
    `This node asks ${url}, and no longer ${node.coordinator}, once its agent starts again:\n${restartsAgent}\n`,
  );
}
