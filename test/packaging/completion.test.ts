import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { completionScripts, type ShellName } from '@picket/cli/completion/scripts.ts';
import t, { type Test } from 'tap';
import { runToEnd } from '../support/children.ts';
import { ensureDebianTool, findOnPath, unpackDebianPrograms } from '../support/debian-packages.ts';
import { programs } from '../support/programs.ts';

// The scripts in the real shells, with the real program and without a coordinator.

const surroundings = { env: process.env, say: (line: string) => t.comment(line) };

/** A shell, and the environment that it needs. */
interface Found {
  readonly path: string;
  readonly env?: NodeJS.ProcessEnv;
}

async function fish(): Promise<Found> {
  const installed = await findOnPath('fish', process.env);
  if (installed !== undefined) return { path: installed };
  const packages = { name: 'fish', packages: ['fish', 'libpcre2-32-0'], executables: ['fish'] };
  const folder = await unpackDebianPrograms(packages, surroundings);
  if (folder === undefined) throw new Error('fish is not on PATH: install it and try again.');
  const libraries = join(folder, '../lib');
  const folders = (await readdir(libraries)).map((name) => join(libraries, name));
  return { path: join(folder, 'fish'), env: { LD_LIBRARY_PATH: folders.join(delimiter) } };
}

const found: Readonly<Record<ShellName, () => Promise<Found>>> = {
  bash: async () => ({ path: await ensureDebianTool('bash', 'bash', surroundings) }),
  zsh: async () => {
    const path = await ensureDebianTool('zsh', 'zsh', surroundings);
    return { path, env: { UNPACKED: join(path, '../..') } };
  },
  fish,
};

/** Loads the script, completes a line of three words, and prints what the shell would offer, a word a line. */
const drivers: Readonly<Record<ShellName, (script: string, words: readonly [string, string, string]) => string[]>> = {
  bash: (script, words) => [
    '--norc',
    '-c',
    // Bash has compopt only while it completes. Like readline, it splits words at `=`.
    `compopt() { echo "compopt $*"; }
     source '${script}'
     COMP_WORDS=(${words.map((word) => `'${word.replace('=', "' = '")}'`).join(' ')})
     if [[ \${COMP_WORDS[-1]} == '' && \${COMP_WORDS[-2]} == '=' ]]; then unset 'COMP_WORDS[-1]'; fi
     COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
     "$(complete -p picket | sed 's/.*-F \\([^ ]*\\).*/\\1/')"
     printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  zsh: (script, words) => [
    '-f',
    '-c',
    // What compsys brings; a real _describe needs a terminal. A zsh that was only unpacked does not find its modules.
    `module_path+=($UNPACKED/lib/*/zsh/*(N/))
     compdef() { completer=$1; }
     _files() { echo FILES; }
     _describe() { for it in "\${whole[@]}" "\${open[@]}"; do echo "\${it%%:*}"; done; }
     source '${script}'
     words=(${words.map((word) => `'${word}'`).join(' ')}) CURRENT=3
     $completer`,
  ],
  fish: (script, words) => [
    '--no-config',
    '-c',
    // A function of its own, since \`--no-config\` finds none of fish's.
    `function __fish_complete_path; echo FILES; end
     source '${script}'
     complete -C '${words.join(' ')}' | string replace -r '\\t.*' ''; or true`,
  ],
};

async function scriptsIn(test: Test) {
  const folder = test.testdir();
  await mkdir(join(folder, 'bin'));
  const launcher = join(folder, 'bin/picket');
  await writeFile(launcher, `#!/bin/sh\nexec '${process.execPath}' '${programs.cli}' "$@"\n`);
  await chmod(launcher, 0o755);
  const PATH = [join(folder, 'bin'), process.env.PATH].join(delimiter);
  return { folder, env: { PATH, HOME: folder, PICKET_CONTEXT: join(folder, 'none') } };
}

for (const name of Object.keys(completionScripts) as ShellName[]) {
  t.test(`${name} completes commands, options, values and files`, async (t) => {
    const { folder, env } = await scriptsIn(t);
    const script = join(folder, name);
    await writeFile(script, completionScripts[name]);
    const shell = await found[name]();
    for (const [words, offered, inBash] of [
      [
        ['picket', 'cluster', 're'],
        ['reset', 'restore', 'revert'],
      ],
      [
        ['picket', 'completion', '--'],
        ['--context', '--help', '--output', '--version'],
      ],
      [['picket', 'version', '--output=j'], ['--output=json'], ['json']],
      [['picket', '--context', ''], ['FILES'], ['compopt -o default', '']],
    ] as const) {
      const { stdout, stderr, code } = await runToEnd(shell.path, drivers[name](script, words), {
        bare: true,
        env: { ...env, ...shell.env },
      });
      const wanted = name === 'bash' ? (inBash ?? offered) : offered;
      t.strictSame({ code, words, stdout, stderr }, { code: 0, words, stdout: `${wanted.join('\n')}\n`, stderr: '' });
    }
  });
}
