import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { defaultConfig } from '../../src/config/config.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { inspection } from '../../src/host/inspection.ts';
import { refused } from '../../src/preflight/check.ts';
import { type ClientPreflightDeps, clientPreflight } from '../../src/preflight/client-preflight.ts';
import { leavesAsClient } from '../leaving/former-client.ts';
import { temporaryFolder } from '../support.ts';
import { treeOf } from '../terminal.ts';

function machine(t: Test) {
  const folder = temporaryFolder(t);
  const [stateDir, etcDir] = [join(folder, 'state'), join(folder, 'etc')];
  mkdirSync(etcDir);
  const deps: ClientPreflightDeps = {
    inspection: inspection('/nowhere'),
    files: hostFiles(),
    config: { ...defaultConfig, stateDir, etcDir },
    clock: async () => ({ now: Date.parse('2026-11-24'), monotonic: 0, buildTime: 0, floor: 0, coordinator: null }),
  };
  return { folder, stateDir, etcDir, deps };
}

t.test('a machine without an etcd can be a client, and so can one with another etcd; nothing is changed', async (t) => {
  const { folder, etcDir, deps } = machine(t);
  writeFileSync(join(etcDir, 'conf.yml'), 'name: theirs\ninitial-cluster: theirs=https://10.0.0.1:2380\n');
  writeFileSync(join(etcDir, 'server.pem'), 'theirs');
  const before = treeOf(folder);
  t.strictSame(
    (await clientPreflight(deps)).map(({ name, result }) => [name, result]),
    [
      ['files', 'ok'],
      ['folders', 'ok'],
      ['clock', 'ok'],
    ],
  );
  t.strictSame(treeOf(folder), before);
});

t.test(
  'R13: the files of the client that this machine was are its own, and files that came later are not',
  async (t) => {
    const { stateDir, etcDir, deps } = machine(t);
    await leavesAsClient({ stateDir, etcDir });
    await t.resolves(clientPreflight(deps));
    writeFileSync(join(etcDir, 'ca.pem'), 'theirs');
    await t.rejects(clientPreflight(deps), {
      code: 'foreign_files',
      facts: { found: join(etcDir, 'ca.pem') },
    });
  },
);

for (const name of ['ca.pem', 'client.pem', 'client-key.pem']) {
  t.test(`R13: an existing ${name} is named, and the machine refused`, async (t) => {
    const { stateDir, etcDir, deps } = machine(t);
    const path = join(etcDir, name);
    writeFileSync(path, 'theirs');
    await t.rejects(clientPreflight(deps), {
      code: 'foreign_files',
      facts: { found: path },
    });
    mkdirSync(stateDir);
    writeFileSync(join(stateDir, 'journal.json'), '{}');
    await t.rejects(clientPreflight(deps), { code: 'foreign_files' }, 'a join that was refused wrote none of them');
    writeFileSync(join(stateDir, 'identity.pem'), 'ours');
    await t.resolves(clientPreflight(deps), 'after a join they are the node’s own');
  });
}

t.test('all obstacles are listed together', async (t) => {
  const { etcDir, deps } = machine(t);
  writeFileSync(join(etcDir, 'ca.pem'), 'theirs');
  writeFileSync(join(etcDir, 'file'), '');
  const config = { ...deps.config, stateDir: join(etcDir, 'file/state') };
  const clock = async () => ({ ...(await deps.clock()), buildTime: Date.parse('2027-01-01') });
  const checks = await clientPreflight({ ...deps, config, clock }, refused);
  t.strictSame(
    checks.map(({ name, result }) => [name, result]),
    [
      ['files', 'refused'],
      ['folders', 'refused'],
      ['clock', 'refused'],
    ],
  );
});
