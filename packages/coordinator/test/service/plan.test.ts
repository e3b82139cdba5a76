import t from 'tap';
import { backupInto, configDefaults } from '../../src/config/config.ts';
import type { MachineFacts } from '../../src/service/machine-facts.ts';
import { planInstallation, type Wanted } from '../../src/service/plan.ts';
import { refusalOf } from '../support/refusal.ts';

/** A blank Alpine, with what `npm run build` made in /root/dist. */
const blank: MachineFacts = {
  isRoot: true,
  rootCommand: 'sudo node picket-coordinator.cjs install',
  init: 'openrc',
  inMemory: false,
  distribution: '/root/dist',
  packager: null,
  hasPrograms: false,
  hasThesePrograms: false,
  hasThisService: false,
  node: { path: '/usr/bin/node', version: '24.21.0', forService: true },
  hasUser: false,
  hasConfig: false,
  data: 'none',
  isArriving: false,
  hasContext: false,
  runs: false,
  startsAtBoot: false,
  portTaken: null,
  caller: null,
};

const installed: MachineFacts = {
  ...blank,
  hasPrograms: true,
  hasThesePrograms: true,
  hasThisService: true,
  hasUser: true,
  hasConfig: true,
  data: 'served',
  runs: true,
  startsAtBoot: true,
  portTaken: 7443,
};

const config = { ...configDefaults, hosts: ['192.168.7.10'] };
const wanted: Wanted = {
  config,
  isGuess: true,
  takeOver: null,
  operator: 'admin',
  contextFile: '/root/.config/picket/context.yml',
};

const takeOver = { config: { ...config, dataDir: '/home/ada/picket/data' }, file: '/home/ada/picket/coordinator.yml' };

const kinds = (facts: MachineFacts, what = wanted) => planInstallation(facts, what).map(({ kind }) => kind);

t.test('a blank machine gets everything', async (t) => {
  t.strictSame(kinds(blank), ['programs', 'user', 'config', 'init', 'service', 'start']);
});

t.test('a new coordinator gets its folder for backups before a configuration that names it', async (t) => {
  const withBackup = { ...wanted, config: { ...config, backup: backupInto('/mnt/usb/picket') } };
  t.strictSame(kinds(blank, withBackup), ['programs', 'user', 'backup-folder', 'config', 'init', 'service', 'start']);
  t.strictSame(kinds({ ...installed, hasThisService: false }, withBackup), ['service', 'start'], 'and only a new one');
});

t.test('a machine without a Node.js that fits gets the one that runs this', async (t) => {
  const old = { ...blank, node: { ...blank.node, path: '/opt/node', forService: false } };
  t.match(planInstallation(old, wanted)[1], { kind: 'node', from: '/opt/node' });
});

t.test('a machine that has all of it is left as it is', async (t) => {
  t.strictSame(kinds(installed), []);
});

t.test('other programs replace those that are there, and are started', async (t) => {
  const steps = planInstallation({ ...installed, hasThesePrograms: false }, wanted);
  t.strictSame(steps, [
    { kind: 'programs', from: '/root/dist', isUpdate: true },
    { kind: 'start', init: 'openrc', isRestart: true },
  ]);
});

t.test('an installation that was cut off continues with what is left', async (t) => {
  const cut: MachineFacts = { ...installed, data: 'made', hasThisService: false, runs: false, startsAtBoot: false };
  t.strictSame(kinds({ ...cut, portTaken: null }), ['init', 'service', 'start']);
});

t.test('the programs and the service of a package are not copied', async (t) => {
  const packaged: MachineFacts = { ...blank, distribution: null, packager: 'dpkg', hasPrograms: true };
  t.strictSame(kinds({ ...packaged, hasThisService: true, hasUser: true }), ['config', 'init', 'start']);
});

t.test('who became root with sudo gets the context, unless there is one already', async (t) => {
  const caller = { user: 'ada', uid: 1000, gid: 1000, home: '/home/ada', hasContext: false };
  t.ok(kinds({ ...blank, caller }).includes('context'));
  t.notOk(kinds({ ...blank, caller: { ...caller, hasContext: true } }).includes('context'));
  t.notOk(kinds({ ...blank, caller, data: 'made' }).includes('context'), 'of a restored coordinator');
});

t.test('a taken over coordinator gets no keys of its own', async (t) => {
  t.strictSame(kinds(blank, { ...wanted, takeOver }), ['programs', 'user', 'take-over', 'service', 'start']);
  const cutOff = { ...blank, hasConfig: true, isArriving: true };
  t.ok(kinds(cutOff, { ...wanted, takeOver }).includes('take-over'), 'the same command continues');
});

for (const [what, facts, change] of [
  ['without root', { isRoot: false }, {}],
  ['without an init system that it knows', { init: null }, {}],
  ['in memory', { inMemory: true }, {}],
  ['without programs', { distribution: null }, {}],
  ['where a package has installed another one', { packager: 'apk' as const }, {}],
  ['where another program has the port', { portTaken: 7443 }, {}],
  ['with the data elsewhere', { hasConfig: true }, { config: { ...config, dataDir: '/mnt/picket' } }],
  ['while a take-over is cut off', { isArriving: true }, {}],
  ['in place of another coordinator', { data: 'served' as const }, { takeOver }],
] as const) {
  t.test(`${what}, it is impossible, and the hint says what to do`, async (t) => {
    const refused = refusalOf(() => planInstallation({ ...blank, ...facts }, { ...wanted, ...change }));
    t.match(refused, { code: 'service_impossible', facts: { how: /\S/ } });
  });
}
