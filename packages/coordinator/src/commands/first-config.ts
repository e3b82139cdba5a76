import { lstat, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { stringify } from 'yaml';
import { type Config, configDefaults, parseConfig, readConfig } from '../config/config.ts';
import { writeWholeFile } from '../files/whole-file.ts';

/** The settings of a new coordinator from the command line. */
export interface FirstSettings {
  readonly hosts: readonly string[];
  /** The passphrase then goes beside coordinator.yml. */
  readonly dataDir?: string | undefined;
  readonly port?: number | undefined;
  /** A folder for daily backups. */
  readonly backupFolder?: string | undefined;
}

/**
 * Writes a coordinator.yml with these settings if none exists; true if it did. Never changes an existing file. Throws
 * `config_missing` if there is neither a file nor a host, `config_invalid` for an invalid setting, and `config_differs`
 * if the existing file has other settings.
 */
export async function writeFirstConfig(file: string, wanted: FirstSettings): Promise<boolean> {
  if (await isThere(file)) {
    requireSame(file, wanted, await readConfig(file));
    return false;
  }
  const { hosts, port, dataDir, backupFolder } = wanted;
  if (hosts.length === 0) {
    const reason = 'it does not exist, and --host is missing to write one: give the name or address of this machine';
    throw failure('config_missing', { file, reason });
  }
  const config = {
    hosts,
    ...configDefaults,
    ...(dataDir === undefined
      ? {}
      : { dataDir: resolve(dataDir), passphraseFile: resolve(dirname(file), 'ca-passphrase') }),
    ...(port === undefined ? {} : { port }),
    ...(backupFolder === undefined ? {} : { backup: { targets: [{ folder: backupFolder }] } }),
  };
  const content = `# docs/reference/configuration.md of the Picket repository lists every key.\n${stringify(config)}`;
  parseConfig(content, file);
  await mkdir(dirname(file), { recursive: true });
  await writeWholeFile({ path: file, content, mode: 0o644 });
  return true;
}

/** A dangling link, for example to a disk that is not mounted, counts as existing: it is not overwritten. */
async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    const reason = `it cannot be examined (${(error as NodeJS.ErrnoException).code ?? 'unknown cause'})`;
    throw failure('config_missing', { file, reason }, { cause: error });
  }
}

/** Throws `config_differs` if the file, which has this config, has other settings. */
export function requireSame(file: string, { hosts, dataDir, port, backupFolder }: FirstSettings, config: Config): void {
  const refuse = (option: string, wanted: string | number, key: string, is: string | number) =>
    failure('config_differs', { file, option, wanted, key, is });
  const other = hosts.find((host) => !config.hosts.includes(host));
  if (other !== undefined) throw refuse('--host', other, 'hosts', config.hosts.join(', '));
  if (dataDir !== undefined && resolve(dataDir) !== resolve(config.dataDir))
    throw refuse('--data-dir', dataDir, 'dataDir', config.dataDir);
  if (port !== undefined && port !== config.port) throw refuse('--port', port, 'port', config.port);
  const folders = (config.backup?.targets ?? []).flatMap(({ folder }) => folder ?? []);
  if (backupFolder !== undefined && !folders.includes(backupFolder))
    throw refuse('--backup', backupFolder, 'backup.targets', folders.join(', ') || 'no folder');
}
