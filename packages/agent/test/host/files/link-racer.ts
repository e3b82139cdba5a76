import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lchownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';

/** The user that plays etcd's. It needs no name. */
export const etcdIds = { uid: 64_999, gid: 64_999 };

/** Options of a test in which root acts in a tree of another user. */
export const needsRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can make files of another user' };

/** Gives a folder with all that is in it to etcd's user. Links change owner, their targets do not. */
export function giveToEtcd(path: string, { uid, gid } = etcdIds): void {
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true }))
    lchownSync(join(entry.parentPath, entry.name), uid, gid);
  lchownSync(path, uid, gid);
}

interface Tree {
  readonly folders?: number;
  /** Of the files in each folder. */
  readonly names?: readonly string[];
  readonly owner?: { readonly uid: number; readonly gid: number };
}

const fewNames = ['a', 'b', 'c'];

/** A tree of etcd's user that takes a while to remove: folders with files in them. */
export function wideTree(path: string, { folders = 150, names = fewNames, owner = etcdIds }: Tree = {}): void {
  for (let folder = 0; folder < folders; folder += 1) {
    mkdirSync(join(path, `folder${folder}`), { recursive: true });
    for (const name of names) writeFileSync(join(path, `folder${folder}`, name), '');
  }
  giveToEtcd(path, owner);
}

/** A folder of root's with files of the names that {@link wideTree} has, and what is left in it. */
export function victimFolder(path: string, names: readonly string[] = fewNames) {
  mkdirSync(path, { mode: 0o755 });
  for (const name of names) writeFileSync(join(path, name), 'of root');
  return { path, left: () => readdirSync(path).sort() };
}

/** Runs in the folder, and stays there whoever may pass through the folders above it. */
const race = `
const { readdirSync, renameSync, symlinkSync, unlinkSync } = require('node:fs');
const [uid, gid, victim] = process.argv.slice(1);
process.setgroups([]);
process.setgid(Number(gid));
process.setuid(Number(uid));
const attempt = (act) => { try { act(); } catch {} };
const folders = readdirSync('.');
console.log('races');
for (;;) for (const folder of folders) {
  attempt(() => renameSync(folder, folder + '~'));
  attempt(() => symlinkSync(victim, folder));
  attempt(() => unlinkSync(folder));
  attempt(() => renameSync(folder + '~', folder));
}`;

/** A process of etcd's user that replaces the folders in a folder by links to the victim and back, until it is stopped. */
export async function startRacer(t: Test, folder: string, victim: string): Promise<{ stop(): Promise<void> }> {
  const args = ['-e', race, String(etcdIds.uid), String(etcdIds.gid), victim];
  const racer = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(racer, 'exit');
  const stop = async () => {
    racer.kill('SIGKILL');
    await ended;
  };
  t.teardown(stop);
  await once(racer.stdout, 'data');
  return { stop };
}
