import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { hostFiles } from '../../src/host/files/files.ts';
import { inspection } from '../../src/host/inspection.ts';
import { checkForeignEtcd } from '../../src/preflight/foreign-etcd.ts';
import { refusal, temporaryFolder } from '../support.ts';
import { treeOf } from '../terminal.ts';

const ours = '# picket:etcd-config/1 Written by Picket.\n';
const theirs = (dataDir: string) =>
  `name: prod\ndata-dir: ${dataDir}\nlisten-client-urls: https://10.0.0.1:2379\ninitial-cluster: prod=https://10.0.0.1:2380\n`;
const sample = (dataDir: string) =>
  `name: 'default'\ndata-dir: ${dataDir} # here\nlisten-client-urls: http://localhost:2379\nadvertise-client-urls: http://localhost:2379\ninitial-cluster:\nclient-transport-security:\n  cert-file:\n`;

function machine(t: Test) {
  const folder = temporaryFolder(t);
  const [etcDir, dataDir] = [join(folder, 'etc'), join(folder, 'data')];
  mkdirSync(etcDir);
  /** Only processes and listeners of this test are checked: other tests run etcd on this machine too. */
  const real = inspection('');
  const processes: typeof real.processes = async (wanted) =>
    (await real.processes(wanted)).filter(({ argv }) => argv.some((argument) => argument.includes(folder)));
  type Parts = { wholeMachine?: boolean; joined?: boolean; ports?: number[]; listeners?: typeof real.listeners };
  function check(parts: Parts = {}) {
    const { wholeMachine = true, joined = false, ports = [1], listeners = real.listeners } = parts;
    return checkForeignEtcd({ ...real, processes, listeners }, hostFiles(), {
      etcDir,
      wholeMachine,
      joined,
      systemdFolder: join(folder, 'systemd'),
      runlevelsFolder: join(folder, 'runlevels'),
      ports,
      packagedDataDir: dataDir,
    });
  }
  return { folder, etcDir, dataDir, check };
}

/** A program called `etcd` that only stays alive. */
async function startIdleEtcd(t: Test, folder: string, confFile: string): Promise<number> {
  const binary = join(folder, 'etcd');
  cpSync(process.execPath, binary);
  const child = spawn(binary, ['-e', 'setInterval(() => {}, 1000)', '--', `--config-file=${confFile}`], {
    stdio: 'ignore',
  });
  await once(child, 'spawn');
  t.teardown(() => child.kill('SIGKILL'));
  return child.pid ?? 0;
}

t.test('R13: an empty machine passes', async (t) => {
  await t.resolves(machine(t).check());
});

/** The refusal of a machine that has what others need. */
const foreign = (found: string | RegExp) => ({ code: 'foreign_etcd', facts: { found } });

t.test('R13: a conf.yml that Picket did not write is named', async (t) => {
  const { etcDir, dataDir, check } = machine(t);
  writeFileSync(join(etcDir, 'conf.yml'), theirs(dataDir));
  t.strictSame(await refusal(check()), foreign(`the configuration ${etcDir}/conf.yml`));
});

t.test('R13: nothing is changed', async (t) => {
  const { folder, etcDir, dataDir, check } = machine(t);
  writeFileSync(join(etcDir, 'conf.yml'), theirs(dataDir));
  mkdirSync(join(dataDir, 'member/wal'), { recursive: true });
  writeFileSync(join(dataDir, 'member/wal/0.wal'), 'theirs', { mode: 0o600 });
  await startIdleEtcd(t, folder, join(etcDir, 'conf.yml'));
  const before = treeOf(folder);
  await refusal(check());
  t.strictSame(treeOf(folder), before);
});

t.test('R13: a conf.yml of Picket’s passes', async (t) => {
  const { etcDir, check } = machine(t);
  writeFileSync(join(etcDir, 'conf.yml'), ours);
  await t.resolves(check());
});

t.test('R13: the sample of a package passes while no etcd has used it', async (t) => {
  const { etcDir, dataDir, check } = machine(t);
  writeFileSync(join(etcDir, 'conf.yml'), sample(dataDir));
  mkdirSync(dataDir);
  await t.resolves(check());
});

t.test('R13: a conf.yml of somebody’s own is named, even if it says very little', async (t) => {
  const { etcDir, check } = machine(t);
  for (const text of ['name: mine\ndata-dir: /nowhere/etcd\n', 'name: mine\n']) {
    writeFileSync(join(etcDir, 'conf.yml'), text);
    t.strictSame(await refusal(check()), foreign(`the configuration ${etcDir}/conf.yml`));
  }
});

t.test('R13: data made with the sample is named', async (t) => {
  const { etcDir, folder, check } = machine(t);
  const other = join(folder, 'other');
  writeFileSync(join(etcDir, 'conf.yml'), sample(other));
  mkdirSync(join(other, 'member'), { recursive: true });
  t.strictSame(await refusal(check()), foreign(`data in ${other}`));
});

t.test('R13: data in the place of the package is named', async (t) => {
  const { dataDir, check } = machine(t);
  mkdirSync(join(dataDir, 'member'), { recursive: true });
  t.strictSame(await refusal(check()), foreign(`data in ${dataDir}`));
});

t.test('R13: an empty file system as data directory is no data', async (t) => {
  const { dataDir, check } = machine(t);
  mkdirSync(join(dataDir, 'lost+found'), { recursive: true });
  await t.resolves(check());
});

t.test('R13: a running etcd is named with its pid', async (t) => {
  const { folder, check } = machine(t);
  const pid = await startIdleEtcd(t, folder, join(folder, 'their-conf.yml'));
  t.match(await refusal(check()), foreign(new RegExp(`^the process ${folder}/etcd .* \\(pid ${pid}\\)$`)));
});

t.test('R13: a running etcd of Picket’s passes', async (t) => {
  const { folder, etcDir, check } = machine(t);
  writeFileSync(join(etcDir, 'conf.yml'), ours);
  await startIdleEtcd(t, folder, join(etcDir, 'conf.yml'));
  await t.resolves(check());
});

t.test('R13: a listener on an etcd port of every address is named with its process', async (t) => {
  const { check } = machine(t);
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  await t.resolves(check({ ports: [port] }), 'on the loopback address it does not matter');
  const everywhere = async () =>
    (await inspection('').listeners()).map((listener) => ({ ...listener, address: '0.0.0.0' }));
  t.match(
    await refusal(check({ ports: [port], listeners: everywhere })),
    foreign(new RegExp(`\\(pid ${process.pid}\\) listening on port ${port} of 0\\.0\\.0\\.0$`)),
  );
});

for (const name of ['ca.pem', 'peer-ca.pem', 'server.pem', 'peer.pem', 'client.pem', 'client-key.pem']) {
  t.test(`R13: an existing ${name} is named before this machine has joined`, async (t) => {
    const { etcDir, check } = machine(t);
    symlinkSync('nowhere', join(etcDir, name));
    t.strictSame(await refusal(check({ wholeMachine: false })), foreign(`the file ${etcDir}/${name}`));
    await t.resolves(check({ joined: true }), 'afterwards it is its own');
  });
}

for (const place of ['systemd/multi-user.target.wants/etcd.service', 'runlevels/default/etcd']) {
  t.test(`R13: a stopped service that ${place} starts at boot is named`, async (t) => {
    const { folder, check } = machine(t);
    const path = join(folder, place);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync('/usr/lib/nowhere', path);
    t.strictSame(await refusal(check()), foreign(`the service that ${path} starts at boot`));
    await t.resolves(check({ wholeMachine: false }));
    await t.resolves(check({ joined: true }));
  });
}

t.test('R13: everything found is named at once', async (t) => {
  const { etcDir, dataDir, check } = machine(t);
  writeFileSync(join(etcDir, 'conf.yml'), theirs(dataDir));
  mkdirSync(join(dataDir, 'member'), { recursive: true });
  t.strictSame(await refusal(check()), foreign(`\n- the configuration ${etcDir}/conf.yml\n- data in ${dataDir}`));
});

t.test('one agent of several checks only its own folder', async (t) => {
  const { folder, dataDir, check } = machine(t);
  mkdirSync(join(dataDir, 'member'), { recursive: true });
  await startIdleEtcd(t, folder, join(folder, 'their-conf.yml'));
  await t.resolves(check({ wholeMachine: false }));
});
