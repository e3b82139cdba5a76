import { execFileSync } from 'node:child_process';
import t from 'tap';

t.test('a program that a test starts gets no hooks of tap', async (t) => {
  const said = execFileSync(process.execPath, ['-p', 'process.env.NODE_OPTIONS ?? ""'], {
    encoding: 'utf8',
  });
  t.equal(said.trim(), '');
});

t.test('a test file starts without tap listing what it loads', async (t) => {
  t.notOk(Reflect.has(globalThis, Symbol.for('@tapjs/processinfo.ProcessInfoNodeData')));
});
