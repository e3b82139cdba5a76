import t from 'tap';
import { chooseInit } from '../../src/commands/setting.ts';
import type { InitChoice } from '../../src/config/config.ts';
import { refusal } from '../support.ts';

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
