import { readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeFirstConfig } from '../../src/commands/first-config.ts';
import { configDefaults, readConfig } from '../../src/config/config.ts';
import { textOf } from '../support/coordinator.ts';

t.test('the first config holds the hosts and every default', async (t) => {
  const file = join(t.testdir(), 'etc/picket/coordinator.yml');
  t.equal(await writeFirstConfig(file, { hosts: ['picket.home', '192.168.7.1'] }), true);
  t.same(await readConfig(file), { ...configDefaults, hosts: ['picket.home', '192.168.7.1'] });
  t.equal((statSync(file).mode & 0o777).toString(8), '644');
});

t.test('with a data dir, nothing is outside of it and the folder of the config', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'coordinator.yml');
  await writeFirstConfig(file, { hosts: ['127.0.0.1'], dataDir: join(folder, 'data'), port: 17_443 });
  const { dataDir, passphraseFile, port } = await readConfig(file);
  t.same([dataDir, passphraseFile, port], [join(folder, 'data'), join(folder, 'ca-passphrase'), 17_443]);
});

t.test('a difference from an existing config is reported, not ignored', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  const there = 'hosts: [mine]\ndataDir: /srv/picket/\nport: 7444\n';
  writeFileSync(file, there);
  t.equal(await writeFirstConfig(file, { hosts: ['mine'], dataDir: '/srv/picket', port: 7444 }), false);
  for (const [wanted, facts] of [
    [{ hosts: ['mine', '10.9.9.9'] }, { key: 'hosts', is: 'mine', wanted: '10.9.9.9' }],
    [
      { hosts: [], dataDir: '/srv/other' },
      { key: 'dataDir', is: '/srv/picket/', wanted: '/srv/other' },
    ],
    [
      { hosts: [], port: 7443 },
      { key: 'port', is: 7444, wanted: 7443 },
    ],
  ] as const) {
    await t.rejects(writeFirstConfig(file, wanted), { code: 'config_differs', facts: { file, ...facts } });
    t.equal(textOf(file), there);
  }
});

t.test('a link to a disk that is not mounted is not written over', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  symlinkSync('/nowhere/coordinator.yml', file);
  await t.rejects(writeFirstConfig(file, { hosts: ['mine'] }), { code: 'config_missing' });
  t.equal(readlinkSync(file), '/nowhere/coordinator.yml');
});

t.test('an existing config is not changed', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  writeFileSync(file, 'hosts: [mine]\n');
  t.equal(await writeFirstConfig(file, { hosts: ['mine'] }), false);
  t.equal(textOf(file), 'hosts: [mine]\n');
});

t.test('without a config and without a host, both are named', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  await t.rejects(writeFirstConfig(file, { hosts: [] }), {
    code: 'config_missing',
    facts: {
      file,
      reason: 'it does not exist, and --host is missing to write one: give the name or address of this machine',
    },
  });
});

t.test('an invalid host is refused, and nothing written', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  await t.rejects(writeFirstConfig(file, { hosts: ['https://picket.home'] }), {
    code: 'config_invalid',
    facts: {
      file,
      problem: '"hosts" names "https://picket.home", which is neither an IP address nor a host name in lower case',
    },
  });
  t.equal(textOf(file), null);
});
