import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
import { boundedProgram } from '../../src/rehearsals/bounded-program.ts';

const source = join(import.meta.dirname, '../../src/rehearsals/bounded-program.ts');

t.test('what a program printed and how it ended are known', async (t) => {
  const folder = t.testdir();
  const program = boundedProgram('/bin/sh', ['-c', 'echo one; echo two >&2; pwd; exit 3'], folder);
  const { code, said } = await program.ended;
  t.equal(code, 3);
  t.strictSame([...said].sort(), [folder, 'one', 'two'].sort());
});

t.test('R11: it gets nothing of the environment', async (t) => {
  const { said } = await boundedProgram('/bin/sh', ['-c', 'export -p'], t.testdir()).ended;
  t.notMatch(said.join('\n'), /HOME|USER/);
});

t.test('one that is missing, and one that prints without end, end', async (t) => {
  t.not((await boundedProgram('/nowhere/etcd', [], t.testdir()).ended).code, 0);
  const { code, said } = await boundedProgram('/bin/sh', ['-c', 'yes 2>&1 | head -c 1000000'], '/').ended;
  t.ok(code !== null && said.join('\n').length < 20_000);
});

t.test('R18: it yields to others, and is the first that ends if memory runs out', async (t) => {
  const folder = t.testdir();
  const program = boundedProgram(
    '/bin/sh',
    ['-c', 'echo $$ > pid.new; mv pid.new pid; read -r line < /dev/zero'],
    folder,
  );
  t.teardown(() => program.stop());
  const pid = await pidIn(folder);
  t.equal(getPriority(pid), Math.min(getPriority() + 10, constants.priority.PRIORITY_LOW));
  t.equal(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim(), '1000');
  t.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max data size +\d+ +\d+ +bytes/m);
});

t.test('it is stopped at once, and does not outlive the process that started it', async (t) => {
  const folder = t.testdir();
  const hangs = 'echo $$ > pid.new; mv pid.new pid; trap "" TERM; while :; do read -r line < /dev/zero; done';
  const program = boundedProgram('/bin/sh', ['-c', hangs], folder);
  const pid = await pidIn(folder);
  t.equal((await program.stop()).code, 137);
  t.notOk(isIn(pid, folder));

  const other = t.testdir({ file: { '.keep': '' } });
  const parent = join(other, 'parent.ts');
  writeFileSync(
    parent,
    `import { boundedProgram } from ${JSON.stringify(source)};\nboundedProgram('/bin/sh', ['-c', ${JSON.stringify(hangs)}], ${JSON.stringify(other)});\n`,
  );
  const child = spawn(process.execPath, [parent], { stdio: 'ignore' });
  const orphan = await pidIn(other);
  t.ok(isIn(orphan, other));
  child.kill('SIGKILL');
  await until('it has ended with it', async () => !isIn(orphan, other), { within: 30_000, every: 20 });
});

async function pidIn(folder: string): Promise<number> {
  const path = join(folder, 'pid');
  await until('it runs', async () => existsSync(path), { within: 30_000, every: 20 });
  return Number(readFileSync(path, 'utf8'));
}

/** Whether this process still runs there: its number may be another's by now. */
function isIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}
