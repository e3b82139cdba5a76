import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeFirstConfig } from '../../src/commands/first-config.ts';
import { configDefaults, readConfig } from '../../src/config.ts';
import { textOf } from '../support/coordinator.ts';

t.test('the first config holds the hosts and every default', async (t) => {
  const file = join(t.testdir(), 'etc/picket/coordinator.yml');
  t.equal(await writeFirstConfig(file, ['picket.home', '192.168.7.1']), true);
  t.same(await readConfig(file), { ...configDefaults, hosts: ['picket.home', '192.168.7.1'] });
  t.equal((statSync(file).mode & 0o777).toString(8), '644');
});

t.test('a config that is there is not changed', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  writeFileSync(file, 'hosts: [mine]\n');
  t.equal(await writeFirstConfig(file, ['other']), false);
  t.equal(textOf(file), 'hosts: [mine]\n');
});

t.test('without a config and without a host, both are named', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  await t.rejects(writeFirstConfig(file, []), {
    code: 'config_missing',
    message: `The configuration file ${file} cannot be read: there is no such file, and no --host to write one with.`,
  });
});

t.test('a host that is none is refused, and nothing written', async (t) => {
  const file = join(t.testdir(), 'coordinator.yml');
  await t.rejects(writeFirstConfig(file, ['https://picket.home']), {
    code: 'config_invalid',
    message: `The configuration file ${file} is not valid: "hosts" names "https://picket.home", which is neither an IP address nor a host name in lower case.`,
  });
  t.equal(textOf(file), null);
});
