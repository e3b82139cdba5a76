import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** The type-aware rules that oxlint finds broken in the code, as `rule-name`s. */
async function lint(t: Test, code: string): Promise<string[]> {
  // Not t.testdir(): oxlint passes over what git ignores.
  const workspace = await mkdtemp(join(tmpdir(), 'picket-lint-'));
  t.teardown(() => rm(workspace, { recursive: true }));
  await mkdir(join(workspace, 'packages/agent/src'), { recursive: true });
  for (const path of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
    await cp(join(root, path), join(workspace, path));
  }
  await symlink(join(root, 'node_modules'), join(workspace, 'node_modules'));
  await writeFile(join(workspace, 'packages/agent/src/probe.ts'), code);
  const args = ['--type-aware', '--deny-warnings', '--format=json', 'packages'];
  const oxlint = run(join(root, 'node_modules/.bin/oxlint'), args, { cwd: workspace });
  const { stdout } = await oxlint.catch((error: { stdout: string }) => error);
  const report = JSON.parse(stdout) as { number_of_files: number; diagnostics: { code: string }[] };
  t.equal(report.number_of_files, 1, 'oxlint looked at the file');
  return report.diagnostics.map(({ code }) => /\((.*)\)/.exec(code)?.[1] ?? code).sort();
}

t.test('a promise that nobody waits for is refused', async (t) => {
  const found = await lint(t, 'async function act(): Promise<void> {}\nact();\n');
  t.same(found, ['no-floating-promises']);
});

t.test('a promise where nothing waits for one is refused', async (t) => {
  const found = await lint(t, 'export const go = () => [1].forEach(async () => {});\n');
  t.same(found, ['no-misused-promises']);
});

t.test('a switch that forgets a case is refused', async (t) => {
  const found = await lint(
    t,
    "export function size(of: 'a' | 'b'): number {\n  switch (of) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n}\n",
  );
  t.same(found, ['switch-exhaustiveness-check']);
});

t.test('awaited promises and whole switches pass', async (t) => {
  const found = await lint(
    t,
    `async function act(): Promise<void> {}
await act();
void act();
export function size(of: 'a' | 'b'): number {
  switch (of) {
    case 'a':
      return 1;
    case 'b':
      return 2;
  }
}
`,
  );
  t.same(found, []);
});
