import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { runToEnd } from '../support/children.ts';
import { ensureDebianTool } from '../support/debian-packages.ts';

const project = join(import.meta.dirname, '../..');

interface Kind {
  readonly is: (path: string, firstLine: string) => boolean;
  readonly options: readonly string[];
}

// busybox: their shell is Alpine's ash, which has `local`. Left out is what OpenRC reads or sets.
const ash = ['--shell=busybox'];
const framed = [...ash, '--exclude=SC2034'];

const kinds: readonly Kind[] = [
  { is: (path, line) => /^#!.*openrc-run/.test(line) || /\.confd$|\/conf\.d/.test(path), options: framed },
  { is: (path) => path.startsWith('packaging/alpine/'), options: ash },
  { is: (path) => path.startsWith('test/lab/') && path.endsWith('.sh'), options: ash },
  { is: (path, line) => /^#!.*\b(?:sh|bash)\b/.test(line) || path.endsWith('.sh'), options: [] },
];

t.test('shellcheck finds nothing in any shell file', async (t) => {
  const shellcheck = await ensureDebianTool('shellcheck', 'shellcheck');
  // Those that nobody has committed yet as well.
  const list = ['-C', project, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await promisify(execFile)('git', list);
  const groups = new Map<Kind, string[]>();
  for (const path of stdout.split('\0').filter((path) => path !== '' && !/\.(?:ts|md|json)$/.test(path))) {
    const text = await readFile(join(project, path), 'utf8').catch(() => '');
    const kind = kinds.find(({ is }) => is(path, text.split('\n', 1)[0] ?? ''));
    if (kind !== undefined) groups.set(kind, [...(groups.get(kind) ?? []), path]);
  }
  for (const [{ options }, paths] of groups) {
    const found = await runToEnd(shellcheck, [...options, '--format=gcc', ...paths], { cwd: project });
    t.equal(found.stdout + found.stderr, '', `${paths.length} files: ${paths.join(', ')}`);
  }
  const checked = [...groups.values()].flat();
  for (const path of ['packaging/bin/picket-agent', 'packaging/openrc/picket-agent.initd', '.ci/run']) {
    t.ok(checked.includes(path), `${path} is among them`);
  }
});
