import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { runToEnd } from '../test/support/children.ts';
import { terminalPicture } from './terminal-picture.ts';

// `npm run picture` runs the demo and makes the picture in README.md from what the demo prints.

const root = join(import.meta.dirname, '..');
const picture = join(root, 'docs/images/demo.svg');

const { code, stdout, stderr } = await runToEnd(process.execPath, [join(root, 'scripts/run.mjs'), 'demo', '--exit']);
if (code !== 0) throw new Error(`The demo ended with ${code}:\n${stdout}${stderr}`);
await mkdir(dirname(picture), { recursive: true });
const lines = ['$ npm run demo -- --exit', ...shownLines(stdout.trimEnd().split('\n'))];
await writeFile(picture, terminalPicture(lines, 'The demo forms a TLS etcd cluster of three members and checks it.'));
console.log(`${relative(process.cwd(), picture)}: ${lines.length} lines of a run`);

/** Without the tables that are wider than a page and those of etcd, for which `…` stands, and without each short wait. */
function shownLines(printed: readonly string[]): string[] {
  const at = (start: string) => {
    const index = printed.findIndex((line) => line.startsWith(start));
    if (index < 0) throw new Error(`The demo printed no line that starts with ${start}`);
    return index;
  };
  const members = at('MEMBER');
  const headlineEnd = printed.indexOf('', at('Cluster '));
  return [
    ...printed.slice(0, headlineEnd).filter((line) => !line.startsWith('    waits for ')),
    '…',
    ...printed.slice(members, printed.indexOf('', members)),
    '…',
    ...printed.slice(at('✓ etcdctl member list')),
  ];
}
