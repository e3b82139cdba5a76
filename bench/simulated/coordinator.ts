import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { init } from '@picket/coordinator/commands/init.ts';
import { type Config, configDefaults } from '@picket/coordinator/config/config.ts';
import { type Coordinator, openCoordinator } from '@picket/coordinator/open-coordinator.ts';
import { plainLog } from '@picket/coordinator/plain-log.ts';
import { readContext } from '@picket/shared/context/context.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import { exportPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import { makeClient } from '../../packages/coordinator/test/support/client.ts';
import { deriveOnce } from '../../packages/coordinator/test/support/derive-once.ts';
import { joinedAgent, type SimulatedAgent } from './agent.ts';

export interface SimulatedFleet {
  readonly coordinator: Coordinator;
  readonly port: number;
  /** The CA of the coordinator's certificate, in PEM. */
  readonly ca: string;
  readonly joined: readonly SimulatedAgent[];
}

const unlimited = 1_000_000_000;

/**
 * A coordinator in this process that serves on 127.0.0.1, with as many members that have joined and serve, each a cluster of its own.
 *
 * @param folder gets its data
 * @param clock the coordinator has no other
 */
export async function openWithAgents({
  folder,
  agents,
  clock,
}: {
  readonly folder: string;
  readonly agents: number;
  readonly clock: { readonly now: number };
}): Promise<SimulatedFleet> {
  const { limits } = configDefaults;
  const config: Config = {
    ...configDefaults,
    hosts: ['127.0.0.1'],
    dataDir: join(folder, 'data'),
    passphraseFile: join(folder, 'ca-passphrase'),
    listenAddress: '127.0.0.1',
    // All agents and the operator are one process here.
    limits: Object.fromEntries(Object.keys(limits).map((limit) => [limit, unlimited])) as unknown as typeof limits,
  };
  const contextFile = `${folder}-context.yml`;
  await init({ config, operator: 'ada', contextFile, now: () => clock.now });
  const coordinator = await openCoordinator({
    config,
    now: () => clock.now,
    monotonic: () => clock.now,
    failpoint: () => undefined,
    deriveKey: deriveOnce,
    log: plainLog('warn', process.stderr),
  });
  await coordinator.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = coordinator.app.server.address() as AddressInfo;
  const context = readContext(await readFile(contextFile, 'utf8'), contextFile);
  const { certificate, key } = readCredential(context.credential);
  const ca = context.certificateAuthority;
  const client = (credentials: Parameters<typeof makeClient>[2]) => makeClient(port, ca, credentials);
  const operator = client({ certificate: certificate.pem, key: exportPrivateKeyPem(key) });
  const joined: SimulatedAgent[] = [];
  for (let number = 0; number < agents; number += 1) joined.push(await joinedAgent({ client, operator }, number));
  return { coordinator, port, ca, joined };
}
