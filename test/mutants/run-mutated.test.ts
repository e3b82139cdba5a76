import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import t, { type Test } from 'tap';
import { runMutated } from './run-mutated.ts';

const root = join(import.meta.dirname, '../..');

/** Runs this as a test file, in the place of one that has a mutant. */
function run(t: Test, text: string) {
  const file = join(t.testdir({ 'some.test.mjs': text }), 'some.test.mjs');
  const change = { file: 'test/mutants/mutant.ts', guard: 'readonly needsRoot?: true', without: '' };
  return runMutated({ id: 'one', rule: 'R1', does: 'does', ...change, caughtBy: relative(root, file) });
}

/** Starts what outlives it, as a driver of the agent starts etcd: in a session of its own, from a folder of the test. */
const startsEtcd = `
  import { spawn } from 'node:child_process';
  import { mkdtempSync } from 'node:fs';
  import { tmpdir } from 'node:os';
  import { join } from 'node:path';
  const folder = mkdtempSync(join(tmpdir(), 'picket-agent-'));
  const args = ['-e', 'setInterval(() => {}, 1000)', '--', '--config-file=' + join(folder, 'conf.yml')];
  const etcd = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'inherit', 'ignore'] });
  etcd.once('spawn', () => console.log('# pid ' + etcd.pid + ' in ' + folder + '\\n' + line));
  etcd.unref();
`;

for (const [what, line, caught] of [
  ['is ended by the first assertion that fails', 'not ok 1 - it is caught', true],
  ['ends on its own', 'ok 1 - it is not caught', false],
] as const) {
  t.test(`a run that ${what} leaves no process and no file`, async (t) => {
    const stays = caught ? '\nsetInterval(() => {}, 1000);' : '';
    const ended = await run(t, `const line = '${line}';${startsEtcd}${stays}`);
    t.equal(ended.caught, caught, ended.said);
    const [, pid, folder = ''] = /^# pid (\d+) in (.+)$/m.exec(ended.said) ?? [];
    t.ok(Number(pid) > 0, ended.said);
    t.teardown(() => existsSync(`/proc/${pid}`) && process.kill(Number(pid), 'SIGKILL'));
    t.notOk(existsSync(`/proc/${pid}/exe`), 'what it started has ended');
    t.notOk(existsSync(folder));
  });
}

t.test(
  'a program that a test runs as another user can reach its folder, so that only the mutant fails it',
  async (t) => {
    const { caught, said } = await run(
      t,
      `import { statSync } from 'node:fs';
     import { tmpdir } from 'node:os';
     console.log((statSync(tmpdir()).mode & 0o005) === 0o005 ? 'ok 1 - open' : 'not ok 1 - closed');`,
    );
    t.equal(caught, false, said);
  },
);
