import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runToEnd } from './children.ts';

const preload = join(import.meta.dirname, '../../scripts/bare-test-process.mjs');

t.test('a program that a test starts gets no hooks of tap', async (t) => {
  const said = execFileSync(process.execPath, ['-p', 'process.env.NODE_OPTIONS ?? ""'], { encoding: 'utf8' });
  t.equal(said.trim(), '');
});

t.test('a test file starts without tap listing what it loads', async (t) => {
  t.notOk(Reflect.has(globalThis, Symbol.for('@tapjs/processinfo.ProcessInfoNodeData')));
});

t.test('an error that nobody catches fails the test that runs, and the next one runs', async (t) => {
  const file = join(t.testdir(), 'failing.test.mjs');
  writeFileSync(
    file,
    `import t from '${import.meta.resolve('tap')}';
const later = () => new Promise((resolve) => setImmediate(resolve));
t.test('before', async (t) => t.pass());
t.test('outer', (t) => {
  t.test('throws', async () => {
    setImmediate(() => { throw new Error('thrown'); });
    await later();
    await later();
  });
  t.end();
});
t.test('rejects', async () => {
  void Promise.reject(new Error('rejected'));
  await later();
});
t.test('after', async (t) => t.pass());
`,
  );
  const { code, stdout } = await runToEnd(process.execPath, ['--import', preload, file]);
  t.equal(code, 1);
  t.strictSame(stdout.match(/(?<= {4})(?:not )?ok .*?(?= # time|$)/gm), [
    'ok 1 - (unnamed test)',
    'not ok 1 - thrown',
    'not ok 1 - throws',
    'not ok 1 - rejected',
    'ok 1 - (unnamed test)',
  ]);
});
