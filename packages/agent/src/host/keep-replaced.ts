import { join } from 'node:path';
import type { FileToWrite } from '@picket/shared/whole-file.ts';
import type { HostFiles } from './host.ts';

const mark = 'Written by Picket';

/** First line of each definition that a driver writes, as a comment. */
export const writtenByPicket = `# ${mark}, which replaces changes made here.`;

/**
 * Before Picket writes to `path`, keeps what is there if Picket did not write it. The copy goes to
 * `STATEDIR/replaced/`, under its path with `-` for `/`, and with a number if an earlier copy has other content. Throws
 * as {@link HostFiles.writeWhole} does; the caller must then replace nothing.
 */
export async function keepReplaced(files: HostFiles, stateDir: string, path: string): Promise<void> {
  const content = await files.read(path);
  if (content === null || isPickets(content)) return;
  const folder = join(stateDir, 'replaced');
  await files.ensureFolder(folder, 0o700, null);
  const name = path.replaceAll('/', '-').replace(/^-/, '');
  for (let number = 1; ; number += 1) {
    const copy = join(folder, number === 1 ? name : `${name}.${number}`);
    const held = await files.read(copy);
    if (held === content) return;
    // A service definition may hold a password.
    if (held === null) return files.writeWhole({ path: copy, content, mode: 0o600, owner: null });
  }
}

/** Writes the files of a service's definition, and keeps what is there as {@link keepReplaced} does. */
export async function writeDefinition(files: HostFiles, stateDir: string, definition: readonly DefinitionFile[]) {
  for (const file of definition) {
    await keepReplaced(files, stateDir, file.path);
    await files.writeWhole({ ...file, owner: null });
  }
}

/** Those of these files that are not as they should be. */
export async function differing(files: HostFiles, definition: readonly DefinitionFile[]) {
  const found = await Promise.all(definition.map(({ path }) => files.read(path)));
  return definition.filter(({ content }, index) => found[index] !== content);
}

type DefinitionFile = Omit<Required<FileToWrite>, 'owner'>;

/** Reads the first two lines: a script begins with its `#!`. */
function isPickets(content: string): boolean {
  return content.split('\n', 2).some((line) => line.startsWith('#') && line.includes(mark));
}
