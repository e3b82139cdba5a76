import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { init } from '../src/commands/init.ts';
import type { Config } from '../src/config/config.ts';
import { placesIn } from '../src/files/data-dir.ts';
import { openInventory } from '../src/inventory/open-inventory.ts';
import { openCoordinator } from '../src/open-coordinator.ts';
import { newId } from '../src/random-names.ts';
import { testConfig, textOf } from './support/coordinator.ts';

const log = pino({ level: 'silent' });

async function initialised(test: Test): Promise<{ config: Config; now: () => number }> {
  const folder = test.testdir();
  const config = testConfig(folder);
  const moment = Date.now();
  const now = (): number => moment;
  await init({ config, operator: 'ada', contextFile: join(folder, 'context.yml'), now });
  return { config, now };
}

const open = (config: Config, now: () => number) =>
  openCoordinator({ config, now, monotonic: () => performance.now(), failpoint: () => undefined, log });

t.test('an unfinished init does not open', async (t) => {
  const config = testConfig(t.testdir());
  const contextFile = t.testdirName;
  // The context is refused, which is late: everything except the operator exists.
  await t.rejects(init({ config, operator: 'ada', contextFile, now: Date.now }), { code: 'context_exists' });
  await t.rejects(open(config, Date.now), {
    code: 'not_initialised',
    facts: { dataDir: config.dataDir },
  });
});

t.test('R5: a missing store is not made again beside the authorities', async (t) => {
  const { config, now } = await initialised(t);
  const { database } = placesIn(config.dataDir);
  rmSync(database);
  await t.rejects(open(config, now), { code: 'inventory_unusable' });
  t.equal(textOf(database), null);
});

t.test('missing authorities are named', async (t) => {
  const { config, now } = await initialised(t);
  const { authority } = placesIn(config.dataDir);
  rmSync(join(authority, 'control'), { recursive: true });
  await t.rejects(open(config, now), {
    code: 'authority_missing',
    facts: { authority: 'of the coordinator', path: `${authority}/control` },
  });
});

t.test('a failed start closes the store', async (t) => {
  const { config, now } = await initialised(t);
  const { authority, database } = placesIn(config.dataDir);
  rmSync(join(authority, 'control'), { recursive: true });
  await t.rejects(open(config, now));
  await (await openInventory(database, { newId })).close();
  t.pass('it is not locked');
});

t.test('other hosts in the configuration make a new server certificate at the next start', async (t) => {
  const { config, now } = await initialised(t);
  const coordinator = await open({ ...config, hosts: ['picket.home'] }, now);
  t.teardown(() => coordinator.close());
  const { certificate } = readCredential(textOf(placesIn(config.dataDir).server) ?? '');
  t.same(certificate.sans, [{ type: 'dns', value: 'picket.home' }]);
});

t.test('the server certificate is by the control CA', async (t) => {
  const { config, now } = await initialised(t);
  const coordinator = await open(config, now);
  t.teardown(() => coordinator.close());
  const { server, authority } = placesIn(config.dataDir);
  const control = parseCertificate(textOf(join(authority, 'control/certificate.pem')) ?? '');
  t.ok(readCredential(textOf(server) ?? '').certificate.x509.verify(control.publicKey));
});
