import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { chooseInit, etcdUnit, readSetting } from '../../src/commands/setting.ts';
import type { InitChoice } from '../../src/config/config.ts';
import { refusal, temporaryFolder } from '../support.ts';

const openrc = { systemd: false, openrc: true };
const systemd = { systemd: true, openrc: false };
const neither = { systemd: false, openrc: false };

const root = (init: InitChoice) => ({ init, ownsMachine: true, uid: 0 });

t.test('auto takes the init system of the machine, otherwise the agent runs etcd itself', async (t) => {
  t.equal(chooseInit(root('auto'), openrc), 'openrc');
  t.equal(chooseInit(root('auto'), systemd), 'systemd');
  t.equal(chooseInit(root('auto'), { systemd: true, openrc: true }), 'systemd');
  t.equal(chooseInit(root('auto'), neither), 'process');
});

t.test(
  'auto leaves the machine’s services alone for one of several agents, and for one that is not root',
  async (t) => {
    t.equal(chooseInit({ ...root('auto'), ownsMachine: false }, openrc), 'process');
    t.equal(chooseInit({ ...root('auto'), uid: 1000 }, systemd), 'process');
  },
);

t.test('a named one is used, or refused with the reason', async (t) => {
  t.equal(chooseInit({ ...root('openrc'), ownsMachine: false }, openrc), 'openrc');
  t.equal(chooseInit(root('process'), systemd), 'process');
  const refused = (choose: () => unknown) => refusal((async () => choose())());
  const unsupported = (init: string, problem: string) => ({
    code: 'init_system_unsupported',
    facts: { init, problem },
  });
  t.strictSame(
    await refused(() => chooseInit(root('openrc'), systemd)),
    unsupported('openrc', 'it does not run this machine'),
  );
  t.strictSame(
    await refused(() => chooseInit({ ...root('systemd'), uid: 1000 }, systemd)),
    unsupported('systemd', 'only root can use it'),
  );
});

t.test('R8 the etcd of a release is not that of the package, also in root’s shell', async (t) => {
  const stateDir = temporaryFolder(t);
  const released = join(stateDir, 'releases', '3.5.30-0123456789ab');
  const packaged = join(stateDir, 'bin');
  for (const folder of [released, packaged]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'etcd'), '#!/bin/sh\n', { mode: 0o755 });
  }
  const config = join(stateDir, 'agent.yml');
  writeFileSync(config, JSON.stringify({ stateDir, init: 'process' }));
  const env = { PATH: [released, packaged].join(delimiter) };
  const setting = await readSetting({ env, uid: 1000 }, { config });
  t.equal((await etcdUnit(setting, null)).binary, join(packaged, 'etcd'));
});
