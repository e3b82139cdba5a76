import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runToEnd } from '../../../../../test/support/children.ts';
import { etcdGuard } from '../../../src/host/etcd-guard.ts';
import type { EtcdUnit } from '../../../src/host/host.ts';
import { checkSettings, initScript, readSetting, serviceSettings } from '../../../src/host/openrc/openrc-definition.ts';
import { refusal, temporaryFolder } from '../../support.ts';

const unit: EtcdUnit = {
  binary: '/usr/bin/etcd',
  confFile: '/etc/etcd/conf.yml',
  logFile: '/var/log/etcd/etcd.log',
  consoleFile: '/var/log/etcd/etcd-console.log',
  owner: { user: 'etcd', group: 'etcd', uid: 104, gid: 105 },
  guard: { script: '/var/lib/picket/etcd-guard', dataRoot: '/var/lib/picket/etcd' },
};

const golden = (name: string) => readFileSync(join(import.meta.dirname, 'golden/openrc', name), 'utf8');

t.test('the service and its settings, literally', async (t) => {
  t.equal(initScript, golden('init.d-etcd'));
  t.equal(serviceSettings(unit), golden('conf.d-etcd'));
  t.equal(etcdGuard, golden('etcd-guard'));
});

t.test('R4: the service makes no data dir, and runs etcd as its own user', async (t) => {
  t.notMatch(initScript, /data-dir|mkdir/);
  t.match(initScript, /^command_user="\$\{ETCD_USER\}"$/m);
});

t.test('a setting is read out of Picket’s file and out of a package’s', async (t) => {
  t.equal(readSetting(serviceSettings(unit), 'ETCD_CONFIG_FILE'), unit.confFile);
  t.equal(readSetting('# ETCD_LOG=/x\nETCD_LOG=/var/log/x\n', 'ETCD_LOG'), '/var/log/x');
  t.equal(readSetting('ETCD_LOGS=1\n', 'ETCD_LOG'), null);
  t.equal(readSetting(null, 'ETCD_LOG'), null);
});

t.test('a path that a shell would split is refused', async (t) => {
  const check = async (change: Partial<EtcdUnit>) => checkSettings({ ...unit, ...change });
  await check({});
  for (const binary of ['/opt/my etcd', '/opt/$(reboot)', '/opt/"etcd"']) {
    t.strictSame(await refusal(check({ binary })), {
      code: 'service_not_started',
      facts: { binary, problem: `an init script cannot hold "${binary}"` },
    });
  }
});

/** Runs the service's `start_pre` on a console in a folder, as root does when etcd starts. */
async function startPre(t: Test, prepare: (folder: string, console: string) => void) {
  const folder = temporaryFolder(t);
  const [script, console, conf] = ['etcd', 'console.log', 'conf.yml'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(script, initScript);
  writeFileSync(conf, '');
  prepare(folder, console);
  const settings = {
    ETCD_CONFIG_FILE: conf,
    ETCD_CONSOLE_LOG: console,
    ETCD_LOG: join(folder, 'etcd.log'),
    ETCD_USER: 'etcd',
    PATH: `${folder}:${process.env.PATH}`,
  };
  for (const program of ['checkpath', 'supervise-daemon', 'eerror'])
    writeFileSync(join(folder, program), '#!/bin/sh\n', { mode: 0o755 });
  const { code, stderr } = await runToEnd('sh', ['-c', '. "$0"; start_pre', script], {
    env: settings,
    within: 60_000,
  });
  t.strictSame([code, stderr], [0, '']);
  return { folder, console };
}

t.test('a large console begins again, and a small one goes on', async (t) => {
  const large = await startPre(t, (_folder, console) => writeFileSync(console, 'x'.repeat(1024 * 1024 + 1)));
  t.notOk(existsSync(large.console));
  const small = await startPre(t, (_folder, console) => writeFileSync(console, 'x'));
  t.ok(existsSync(small.console));
  await startPre(t, () => undefined);
});

t.test('root opens no file to which etcd’s user links the console', async (t) => {
  const { console } = await startPre(t, (folder, path) => {
    writeFileSync(join(folder, 'other'), 'x'.repeat(1024 * 1024 + 1));
    symlinkSync(join(folder, 'other'), path);
  });
  t.ok(lstatSync(console).isSymbolicLink(), 'not even to measure it');
});
