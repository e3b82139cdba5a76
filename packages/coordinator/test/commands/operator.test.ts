import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readContext } from '@picket/shared/context/context.ts';
import { type Credential, readCredential } from '@picket/shared/pki/credential.ts';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { init } from '../../src/commands/init.ts';
import { grantOperator, listOperators, type OperatorOptions } from '../../src/commands/operator.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { type Coordinator, openCoordinator } from '../../src/open-coordinator.ts';
import { day } from '../inventory/samples.ts';
import { testConfig, textOf } from '../support/coordinator.ts';

interface House {
  readonly adas: string;
  readonly clock: { now: number };
  readonly options: OperatorOptions;
  readonly open: () => Promise<Coordinator>;
}

/** A stopped coordinator with the admin ada; the options renew her certificate. */
async function stopped(t: Test): Promise<House> {
  const folder = t.testdir();
  const config = testConfig(folder);
  const adas = join(folder, 'ada.yml');
  const clock = { now: Date.now() };
  const now = () => clock.now;
  await init({ config, operator: 'ada', contextFile: adas, now });
  return {
    adas,
    clock,
    options: { config, operator: 'ada', role: null, contextFile: adas, now },
    async open() {
      const log = pino({ level: 'silent' });
      const coordinator = await openCoordinator({
        config,
        now,
        monotonic: () => performance.now(),
        failpoint: () => undefined,
        log,
      });
      t.teardown(() => coordinator.close());
      return coordinator;
    },
  };
}

const credentialIn = (file: string): Credential => readCredential(readContext(textOf(file) ?? '', file).credential);

async function lastEvent({ inventory }: Coordinator) {
  const [event] = (await inventory.events.list({ limit: 1, after: null }, null)).items;
  return event;
}

t.test('an operator whose certificate has ended gets a new one, with a new key and the same role', async (t) => {
  const { adas, clock, options, open } = await stopped(t);
  const before = credentialIn(adas).certificate;
  clock.now += 400 * day;
  const granted = await grantOperator(options);
  const { certificate } = credentialIn(adas);
  t.same(granted, { role: 'admin', notAfter: certificate.notAfter.getTime(), stillValid: [], acceptedClock: null });
  t.not(certificate.spkiHash, before.spkiHash);
  const coordinator = await open();
  t.match(coordinator.directory.resolve(before, clock.now), { refused: { code: 'ended_at' } });
  t.match(coordinator.directory.resolve(certificate, clock.now), { principal: { name: 'ada', role: 'admin' } });
  t.match(await lastEvent(coordinator), {
    kind: 'operator-renewed',
    facts: {
      ...{ name: 'ada', role: 'admin', before: 'admin' },
      ...{ serial: certificate.serial, until: certificate.notAfter.toISOString() },
    },
  });
});

t.test('earlier certificates that are still valid are reported', async (t) => {
  const { adas, options } = await stopped(t);
  const before = credentialIn(adas).certificate;
  t.same((await grantOperator(options)).stillValid, [before.notAfter.getTime()]);
});

t.test('an unknown operator is made', async (t) => {
  const { clock, options, open } = await stopped(t);
  const contextFile = join(t.testdirName, 'home/bob.yml');
  await grantOperator({ ...options, operator: 'bob', role: 'viewer', contextFile });
  const { certificate } = credentialIn(contextFile);
  const coordinator = await open();
  t.match(coordinator.directory.resolve(certificate, clock.now), { principal: { name: 'bob', role: 'viewer' } });
  t.match(await lastEvent(coordinator), {
    kind: 'operator-made',
    facts: { name: 'bob', role: 'viewer', serial: certificate.serial },
  });
});

t.test('R11: only its owner can read the context', async (t) => {
  const { adas, options } = await stopped(t);
  await grantOperator(options);
  t.equal((statSync(adas).mode & 0o777).toString(8), '600');
});

t.test('an unknown operator needs a role, and nothing is made without', async (t) => {
  const { options, open } = await stopped(t);
  const contextFile = join(t.testdirName, 'bob.yml');
  await t.rejects(grantOperator({ ...options, operator: 'bob', contextFile }), {
    code: 'usage_invalid',
    facts: { problem: 'the operator bob does not exist yet: a new operator needs --role' },
  });
  t.equal(textOf(contextFile), null);
  t.equal(await (await open()).inventory.operators.find('bob'), null);
});

t.test('a given role applies from then on, also to existing certificates', async (t) => {
  const { adas, clock, options, open } = await stopped(t);
  const before = credentialIn(adas).certificate;
  await grantOperator({ ...options, role: 'viewer' });
  const coordinator = await open();
  t.match(coordinator.directory.resolve(before, clock.now), { principal: { role: 'viewer' } });
  t.match(await lastEvent(coordinator), {
    kind: 'operator-renewed',
    facts: { name: 'ada', role: 'viewer', before: 'admin' },
  });
});

t.test('the context of another is not overwritten: another operator, another coordinator, another file', async (t) => {
  const { adas, options, open } = await stopped(t);
  const other = join(t.testdirName, 'other/ada.yml');
  await init({ ...options, config: testConfig(dirname(other)), contextFile: other });
  const notes = join(t.testdirName, 'notes');
  writeFileSync(notes, 'notes');
  mkdirSync(join(t.testdirName, 'folder'));
  const before = [adas, other, notes].map((file) => readFileSync(file, 'utf8'));
  for (const [operator, contextFile] of [
    ['bob', adas],
    ['ada', other],
    ['ada', notes],
    ['ada', join(t.testdirName, 'folder')],
  ] as const) {
    await t.rejects(grantOperator({ ...options, operator, role: 'admin', contextFile }), {
      code: 'context_exists',
      facts: { path: contextFile, operator },
    });
  }
  t.same(
    [adas, other, notes].map((file) => readFileSync(file, 'utf8')),
    before,
  );
  t.equal(await (await open()).inventory.operators.find('bob'), null);
});

t.test('while the coordinator runs, it is refused', async (t) => {
  const { adas, options, open } = await stopped(t);
  await open();
  const before = textOf(adas);
  await t.rejects(grantOperator(options), { code: 'inventory_locked' });
  t.equal(textOf(adas), before);
});

t.test('R5: without a coordinator, none is made', async (t) => {
  const config = testConfig(t.testdir());
  const contextFile = join(t.testdirName, 'ada.yml');
  const options = { config, operator: 'ada', role: 'admin', contextFile, now: Date.now } as const;
  await t.rejects(grantOperator(options), { code: 'not_initialised' });
  await t.rejects(listOperators(config, Date.now()), { code: 'not_initialised' });
  t.equal(textOf(placesIn(config.dataDir).database), null);
});

t.test('a name that cannot be in a certificate is refused', async (t) => {
  const { options } = await stopped(t);
  await t.rejects(grantOperator({ ...options, operator: 'ada:admin', role: 'admin' }), { code: 'name_invalid' });
});

t.test('R14: a clock before the last issuance makes nothing, unless it is accepted', async (t) => {
  const { adas, clock, options } = await stopped(t);
  clock.now += 100 * day;
  await grantOperator(options);
  const before = textOf(adas);
  clock.now -= 50 * day;
  const contextFile = join(t.testdirName, 'bob.yml');
  const bob = { ...options, operator: 'bob', role: 'viewer', contextFile } as const;
  await t.rejects(grantOperator(bob), { code: 'clock_behind' });
  t.same([textOf(contextFile), textOf(adas)], [null, before]);
  t.same(
    (await listOperators(options.config, clock.now)).map(({ name }) => name),
    ['ada'],
  );
  t.match(await grantOperator({ ...bob, acceptClock: true }), {
    acceptedClock: { now: new Date(clock.now).toISOString() },
  });
  t.ok(credentialIn(contextFile).certificate.notBefore.getTime() <= clock.now);
});

t.test('operators are listed with their roles and the end of their certificates', async (t) => {
  const { adas, clock, options } = await stopped(t);
  const contextFile = join(t.testdirName, 'bob.yml');
  clock.now += 300 * day;
  const { notAfter } = await grantOperator({ ...options, operator: 'bob', role: 'viewer', contextFile });
  const adasEnd = credentialIn(adas).certificate.notAfter.getTime();
  t.same(await listOperators(options.config, clock.now), [
    { name: 'ada', role: 'admin', validUntil: adasEnd },
    { name: 'bob', role: 'viewer', validUntil: notAfter },
  ]);
  t.match(await listOperators(options.config, adasEnd + 1), [{ validUntil: null }, { validUntil: notAfter }]);
});
