import { execFile } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { areExecutable, findOnPath, type Surroundings, unpackDebianPrograms } from './debian-packages.ts';

const run = promisify(execFile);
/** The programs of one etcd release. */
export const programs = ['etcd', 'etcdctl', 'etcdutl'];

/** One etcd release's programs by absolute path. */
export interface EtcdBinaries {
  etcd: string;
  etcdctl: string;
  etcdutl: string;
  /** As etcd itself says, such as `3.5.16`. */
  version: string;
}

/**
 * An etcd to run: the one in PICKET_ETCD_DIR, else the one on PATH, else Debian's, unpacked into the user's cache.
 * Throws an error that says what to install where there is none of these.
 */
export async function ensureEtcd(
  surroundings: Surroundings = { env: process.env, say: console.error },
): Promise<EtcdBinaries> {
  const { env } = surroundings;
  const given = await givenEtcd(env);
  if (given !== null) return binariesIn(given);

  const onPath = await findOnPath('etcd', env);
  if (onPath !== undefined && (await areExecutable(dirname(onPath), programs))) return binariesIn(dirname(onPath));

  const unpacked = await unpackDebianPrograms(
    { name: 'etcd', packages: ['etcd-server', 'etcd-client'], executables: programs },
    surroundings,
  );
  if (unpacked !== undefined) return binariesIn(unpacked);

  throw new Error(
    'No etcd was found. Install it (Alpine: apk add etcd etcd-ctl etcd-utl; Fedora: dnf install etcd; ' +
      `macOS: brew install etcd), or set PICKET_ETCD_DIR to a folder that holds ${programs.join(', ')}.`,
  );
}

/** The folder that PICKET_ETCD_DIR names; null if it names none. Throws if a program is missing there. */
export async function givenEtcd({ PICKET_ETCD_DIR: given = '' }: NodeJS.ProcessEnv): Promise<string | null> {
  if (given === '') return null;
  if (await areExecutable(given, programs)) return resolve(given);
  throw new Error(`PICKET_ETCD_DIR is ${given}, which does not hold the programs ${programs.join(', ')}.`);
}

/**
 * A later etcd than that of {@link ensureEtcd}, of the same minor version: Debian's next one, out of its suite `sid`.
 * undefined, and said why, where that cannot be had.
 */
export async function ensureLaterEtcd(
  surroundings: Surroundings = { env: process.env, say: console.error },
): Promise<EtcdBinaries | undefined> {
  const unpacked = await unpackDebianPrograms(
    { name: 'etcd-sid', packages: ['etcd-server', 'etcd-client'], executables: programs, suite: 'sid' },
    surroundings,
  ).catch((error: unknown) => {
    surroundings.say(error instanceof Error ? error.message : String(error));
    return undefined;
  });
  return unpacked === undefined ? undefined : binariesIn(unpacked);
}

async function binariesIn(folder: string): Promise<EtcdBinaries> {
  const etcd = join(folder, 'etcd');
  const { stdout } = await run(etcd, ['--version']);
  const version = /^etcd Version: (\S+)/m.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`${etcd} --version does not tell its version.`);
  return { etcd, etcdctl: join(folder, 'etcdctl'), etcdutl: join(folder, 'etcdutl'), version };
}
