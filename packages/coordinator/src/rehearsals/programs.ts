import { constants } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { exists } from '../files/exists.ts';
import { fitOf } from '../model/snapshot-formats.ts';
import { boundedProgram } from './bounded-program.ts';

/** An etcd and an etcdutl of one release, by their paths. */
export interface EtcdPrograms {
  readonly version: string;
  readonly etcd: string;
  readonly etcdutl: string;
}

/** Which etcd a rehearsal is for. */
export interface Wanted {
  /** The minor version of the format of the snapshot's data. */
  readonly format: string;
  /** That of the cluster. */
  readonly minor: string;
}

const patienceMs = 60_000;

/**
 * The programs that restore a snapshot as the cluster would: first those of its minor version, then the first others that serve its data; null
 * if none do. Pure.
 */
export function chosenPrograms(all: readonly EtcdPrograms[], { format, minor }: Wanted): EtcdPrograms | null {
  const fitting = all.filter(({ version }) => fitOf(format, version) === 'serves');
  return fitting.find(({ version }) => minorOf(version) === minor) ?? fitting[0] ?? null;
}

/**
 * The etcd and the etcdutl of this machine: beside the configured etcdutl, or else the first of each on the path. null if one is missing, or if
 * etcd does not say its version.
 */
export async function installedPrograms(configured: string | undefined, path: string): Promise<EtcdPrograms | null> {
  const folders =
    configured === undefined ? path.split(delimiter).filter((one) => one.startsWith('/')) : [dirname(configured)];
  const etcd = await firstOf(folders, 'etcd');
  const etcdutl = configured ?? (await firstOf(folders, 'etcdutl'));
  if (etcd === null || etcdutl === null) return null;
  const version = await versionOf(etcd);
  return version === null ? null : { version, etcd, etcdutl };
}

async function firstOf(folders: readonly string[], name: string): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (await exists(path, constants.X_OK)) return path;
  }
  return null;
}

async function versionOf(etcd: string): Promise<string | null> {
  const program = boundedProgram(etcd, ['--version'], '/');
  const limit = setTimeout(() => void program.stop(), patienceMs);
  const { said } = await program.ended.finally(() => clearTimeout(limit));
  return /^etcd Version: (\d{1,3}\.\d{1,3}\.\d{1,3})/m.exec(said.join('\n'))?.[1] ?? null;
}
