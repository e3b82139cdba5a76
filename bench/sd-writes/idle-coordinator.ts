import { mkdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { init } from '@picket/coordinator/commands/init.ts';
import { type Config, configDefaults } from '@picket/coordinator/config/config.ts';
import { openCoordinator } from '@picket/coordinator/open-coordinator.ts';
import { plainLog } from '@picket/coordinator/plain-log.ts';
import { readContext } from '@picket/shared/context/context.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import { exportPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import { makeClient } from '../../packages/coordinator/test/support/client.ts';
import { deriveOnce } from '../../packages/coordinator/test/support/derive-once.ts';
import { insertCard } from './card.ts';
import type { Outcome } from './outcome.ts';
import { joinedAgent, type SimulatedAgent } from './simulated-agent.ts';

/** The order that the bench gives to this program, in a file. */
interface Order {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly agents: number;
  /** So long the coordinator is watched, by its own clock. */
  readonly hours: number;
}

const tickMs = 2_000;
const reportMs = 10_000;
const settleMs = 120_000;
const unlimited = 1_000_000_000;

/**
 * A coordinator with idle members on a card of its own. Its clock goes as fast as the work gets done: each tick and each
 * report comes when the program or an agent would make it, and what the store commits it syncs at once.
 */
async function watch({ folder, agents, hours }: Order): Promise<Outcome> {
  const at = join(folder, 'card');
  await mkdir(at);
  const card = insertCard(join(folder, 'card.img'), at);
  const { limits } = configDefaults;
  const config: Config = {
    ...configDefaults,
    hosts: ['127.0.0.1'],
    dataDir: join(at, 'data'),
    passphraseFile: join(at, 'ca-passphrase'),
    listenAddress: '127.0.0.1',
    // All agents and the operator are one process here.
    limits: Object.fromEntries(Object.keys(limits).map((limit) => [limit, unlimited])) as unknown as typeof limits,
  };
  const clock = { now: Date.now() };
  const contextFile = join(folder, 'context.yml');
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
  const client = (credentials: Parameters<typeof makeClient>[2]) =>
    makeClient(port, context.certificateAuthority, credentials);
  const operator = client({ certificate: certificate.pem, key: exportPrivateKeyPem(key) });
  const joined: SimulatedAgent[] = [];
  for (let number = 0; number < agents; number += 1) joined.push(await joinedAgent({ client, operator }, number));

  async function pass(ms: number): Promise<void> {
    for (const end = clock.now + ms; clock.now < end; clock.now += tickMs) {
      // As in reality, they report at different moments.
      const turn = (clock.now / tickMs) % (reportMs / tickMs);
      const due = joined.filter((_, number) => number % (reportMs / tickMs) === Math.floor(turn));
      await Promise.all(due.map((agent) => agent.report()));
      await coordinator.tick();
    }
  }
  await pass(settleMs);
  const before = card.writtenBytes();
  await pass(hours * 3_600_000);
  return { bytes: card.writtenBytes() - before, hours };
}

const [file = ''] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await watch(JSON.parse(await readFile(file, 'utf8')) as Order)));
  process.exit(0);
} catch (error) {
  console.error((error as Error).stack);
  process.exit(1);
}
