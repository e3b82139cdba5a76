import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { runToEnd } from '../../../../test/support/children.ts';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { freePort } from '../../../../test/support/ports.ts';
import { until } from '../../../../test/support/until.ts';
import { temporaryFolder } from '../support.ts';

export const binaries = await ensureEtcd();

const isRoot = process.getuid?.() === 0;
/** etcd's user if this test may run programs as another user, else null for the user of the test. */
export const etcdUser = isRoot ? { uid: 65_534, gid: 65_534 } : null;

/** A folder of the test that every user can pass through. */
export function openFolder(t: Test): string {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  return folder;
}

/** A folder with these of etcd's programs, for every user to run. */
export function programsIn(folder: string, ...names: readonly ('etcd' | 'etcdctl' | 'etcdutl')[]): string {
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    copyFileSync(binaries[name], join(folder, name));
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** Runs an etcd alone on a data directory while `use` calls it by etcdctl, with arguments, and gets its answer. */
async function withEtcd<Result>(
  {
    dataDir,
    name = 'default',
    peerUrl,
  }: { readonly dataDir: string; readonly name?: string; readonly peerUrl: string },
  use: (etcdctl: (...words: string[]) => Promise<string>) => Promise<Result>,
): Promise<Result> {
  const client = `http://127.0.0.1:${await freePort('127.0.0.1')}`;
  const args = [
    ...['--name', name, '--data-dir', dataDir, '--listen-client-urls', client, '--advertise-client-urls', client],
    ...[
      '--listen-peer-urls',
      peerUrl,
      '--initial-advertise-peer-urls',
      peerUrl,
      '--initial-cluster',
      `${name}=${peerUrl}`,
    ],
  ];
  const etcd = spawn(binaries.etcd, args, { stdio: 'ignore' });
  const ended = once(etcd, 'close');
  const etcdctl = (...words: string[]) => runToEnd(binaries.etcdctl, ['--endpoints', client, ...words]);
  try {
    const serves = async () => (await etcdctl('get', 'a')).code === 0;
    await until('etcd serves', serves, { within: 60_000, every: 100 });
    return await use(async (...words) => (await etcdctl(...words)).stdout);
  } finally {
    etcd.kill('SIGKILL');
    await ended;
  }
}

/** A snapshot of a real etcd that holds one key, `a` with the value `b`. */
export async function takeSnapshot(): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'picket-agent-'));
  try {
    const file = join(folder, 'snapshot.db');
    await withEtcd({ dataDir: join(folder, 'data'), peerUrl: await freePeerUrl() }, async (etcdctl) => {
      await etcdctl('put', 'a', 'b');
      await etcdctl('snapshot', 'save', file);
    });
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What an etcd returns for that key, with its revisions, after it started on a data directory made from the snapshot.
 */
export function keyIn(dataDir: string, name: string, peerUrl: string): Promise<string> {
  return withEtcd({ dataDir, name, peerUrl }, (etcdctl) => etcdctl('get', 'a', '--write-out', 'json'));
}

export async function freePeerUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort('127.0.0.1')}`;
}
