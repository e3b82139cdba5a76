import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { stringify } from 'yaml';
import { writeWholeFile } from '../authority/whole-file.ts';
import { configDefaults, parseConfig } from '../config.ts';

/**
 * Writes a coordinator.yml with these hosts where there is none; true if it did. One that is there is never changed.
 * Throws `config_missing` when there is neither a file nor a host, and `config_invalid` for a host that is none.
 */
export async function writeFirstConfig(file: string, hosts: readonly string[]): Promise<boolean> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) return false;
  if (hosts.length === 0) {
    throw failure('config_missing', { file, reason: 'there is no such file, and no --host to write one with' });
  }
  const content = `# Every key is explained in etc/coordinator.yml of the Picket repository.\n${stringify({ hosts, ...configDefaults })}`;
  parseConfig(content, file);
  await mkdir(dirname(file), { recursive: true });
  await writeWholeFile({ path: file, content, mode: 0o644 });
  return true;
}
