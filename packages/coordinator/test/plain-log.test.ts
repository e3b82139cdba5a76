import t from 'tap';
import { plainLog } from '../src/plain-log.ts';

t.test('the log shows words of nodes without control characters, and its readers get them unchanged', (t) => {
  const lines: string[] = [];
  const hostile = '\u001b[2J\u009b31m\u007f\u202e\n\u2028';
  plainLog('info', { write: (line) => lines.push(line) }).warn({ said: hostile, err: new Error(hostile) }, hostile);
  const [line = '', ...others] = lines;
  t.strictSame(others, []);
  t.notMatch(line, /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u);
  t.equal(line.indexOf('\n'), line.length - 1);
  const { said, msg } = JSON.parse(line) as Record<string, unknown>;
  t.strictSame({ said, msg }, { said: hostile, msg: hostile });
  t.end();
});
