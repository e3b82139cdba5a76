import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const script = join(import.meta.dirname, '../../packaging/bin/picket-coordinator');

/** The flags with which the packages start the coordinator's Node.js, where an operator sets no other bound of the heap. */
export async function packagedFlags(): Promise<readonly string[]> {
  const [, command = ''] = /^exec "\$node" (.*?) \//m.exec(await readFile(script, 'utf8')) ?? [];
  return command.split(' ').map((flag) => flag.replace(/"\$\{PICKET_HEAP_MIB:-(\d+)\}"/, '$1'));
}
