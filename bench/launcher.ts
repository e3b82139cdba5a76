import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const launcher = join(import.meta.dirname, '../packaging/bin/picket-agent');

/** The options that the installed launcher gives to node, so that what is measured is what is installed. */
export async function launcherOptions(): Promise<string[]> {
  const script = await readFile(launcher, 'utf8');
  const command = /^exec "\$node" (.*)$/m.exec(script.replaceAll('\\\n', ''))?.[1];
  if (command === undefined) throw new Error(`${launcher} starts no node`);
  return command.split(/\s+/).filter((word) => word.startsWith('--'));
}
