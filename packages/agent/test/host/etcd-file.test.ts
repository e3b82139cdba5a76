import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { etcdFileOf } from '../../src/host/process-table.ts';
import { programAt } from '../../src/model/program.ts';
import { temporaryFolder } from '../support.ts';

const { etcd } = await ensureEtcd();

/** Runs an etcd that waits for the end of its configuration. */
async function waits(t: Test, program: string, args: readonly string[] = []): Promise<ChildProcess> {
  const conf = join(temporaryFolder(t), 'conf.yml');
  execFileSync('mkfifo', [conf]);
  const child = spawn(program, [...args, `--config-file=${conf}`], { stdio: 'ignore' });
  t.teardown(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await once(child, 'spawn');
  return child;
}

t.test('R2 R17 the kernel says which etcd runs, also through a link, and after its file is gone', async (t) => {
  const folder = temporaryFolder(t);
  const [disk, stateDir] = [join(folder, 'disk'), join(folder, 'state')];
  const binary = join(disk, 'releases/3.5.30-aaaaaaaaaaaa/etcd');
  mkdirSync(dirname(binary), { recursive: true });
  symlinkSync(disk, stateDir);
  copyFileSync(etcd, binary);
  const { pid = 0 } = await waits(t, binary);
  const runs = join(stateDir, 'releases/3.5.30-aaaaaaaaaaaa/etcd');
  t.equal(await etcdFileOf(pid, stateDir), runs);
  rmSync(join(disk, 'releases'), { recursive: true });
  t.equal(await etcdFileOf(pid, stateDir), runs);
  t.strictSame(programAt(runs, stateDir), { version: '3.5.30', sha256: 'aaaaaaaaaaaa' });
  t.equal(await etcdFileOf(pid, join(folder, 'other')), join(disk, 'releases/3.5.30-aaaaaaaaaaaa/etcd'));
});

t.test('a guard that has not become etcd, and a process that is gone, are no etcd', async (t) => {
  const guard = await waits(t, '/bin/sh', ['-c', 'read -r line <"$1"; exec true', 'guard']);
  t.equal(await etcdFileOf(guard.pid ?? 0, '/'), null);
  t.equal(await etcdFileOf(2 ** 22 + 1, '/'), null);
});
