import { lstat, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { stringify } from 'yaml';
import { type Config, configDefaults, parseConfig, readConfig } from '../config/config.ts';
import { writeWholeFile } from '../files/whole-file.ts';

/** What the command line says of a coordinator that is to be. */
export interface FirstSettings {
  readonly hosts: readonly string[];
  /** Then the passphrase goes beside coordinator.yml. */
  readonly dataDir?: string | undefined;
  readonly port?: number | undefined;
}

/**
 * Writes a coordinator.yml with these settings where there is none; true if it did. One that is there is never changed.
 * Throws `config_missing` when there is neither a file nor a host, `config_invalid` for a setting that is none, and
 * `config_differs` where the file that is there says otherwise.
 */
export async function writeFirstConfig(file: string, wanted: FirstSettings): Promise<boolean> {
  if (await isThere(file)) {
    requireSame(file, wanted, await readConfig(file));
    return false;
  }
  const { hosts, port, dataDir } = wanted;
  if (hosts.length === 0) {
    const reason = 'there is no such file, and no --host to write one with: give the name or address of this machine';
    throw failure('config_missing', { file, reason });
  }
  const config = {
    hosts,
    ...configDefaults,
    ...(dataDir === undefined
      ? {}
      : { dataDir: resolve(dataDir), passphraseFile: resolve(dirname(file), 'ca-passphrase') }),
    ...(port === undefined ? {} : { port }),
  };
  const content = `# docs/reference/configuration.md of the Picket repository lists every key.\n${stringify(config)}`;
  parseConfig(content, file);
  await mkdir(dirname(file), { recursive: true });
  await writeWholeFile({ path: file, content, mode: 0o644 });
  return true;
}

/** A link to what is not there, as on a disk that is not mounted, is there: it is not written over. */
async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    const reason = `looking at it fails (${(error as NodeJS.ErrnoException).code ?? 'unknown cause'})`;
    throw failure('config_missing', { file, reason }, { cause: error });
  }
}

function requireSame(file: string, { hosts, dataDir, port }: FirstSettings, config: Config): void {
  const refuse = (option: string, wanted: string | number, key: string, is: string | number) =>
    failure('config_differs', { file, option, wanted, key, is });
  const other = hosts.find((host) => !config.hosts.includes(host));
  if (other !== undefined) throw refuse('--host', other, 'hosts', config.hosts.join(', '));
  if (dataDir !== undefined && resolve(dataDir) !== resolve(config.dataDir))
    throw refuse('--data-dir', dataDir, 'dataDir', config.dataDir);
  if (port !== undefined && port !== config.port) throw refuse('--port', port, 'port', config.port);
}
