import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const module = JSON.stringify(join(import.meta.dirname, '../../src/host/own-output.ts'));
const program = `
  import { writeFileSync } from 'node:fs';
  const { ownOutput } = await import(${module});
  writeFileSync(process.argv[1], JSON.stringify(await ownOutput(process.env)));`;

// systemd with its journal, and OpenRC, are in test/lab.
t.test('a process finds where its standard output goes', async (t) => {
  const folder = t.testdir();
  let number = 0;
  /** What a process says whose standard output this is. */
  const saidWith = async (output: number | 'pipe' | 'ignore', env: Readonly<Record<string, string>> = {}) => {
    number += 1;
    const answer = join(folder, `answer-${number}`);
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, answer], {
      env: { ...process.env, JOURNAL_STREAM: '', ...env },
      stdio: ['ignore', output, 'inherit'],
    });
    t.strictSame(await once(child, 'exit'), [0, null]);
    return JSON.parse(readFileSync(answer, 'utf8')) as unknown;
  };
  const log = openSync(join(folder, 'agent.log'), 'a');
  t.teardown(() => closeSync(log));
  const { dev, ino } = fstatSync(log);
  const file = { kind: 'file', path: '/proc/self/fd/1' };
  t.strictSame(await saidWith(log), file);
  t.strictSame(await saidWith(log, { JOURNAL_STREAM: `${dev}:${ino}` }), file, 'a file, whatever the environment says');
  t.strictSame(
    await saidWith('ignore'),
    { kind: 'elsewhere' },
    '/dev/null, which OpenRC gets if no log can be written',
  );
  t.strictSame(await saidWith('pipe'), { kind: 'elsewhere' });
});
