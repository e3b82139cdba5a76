import t from 'tap';
import { readEntries, tailOf } from '../../../src/host/systemd/journal.ts';

const tail = (output: string, count: number) => tailOf(readEntries(output), count);

/** As journalctl prints it, with fields that nobody requested. */
function entry(second: number, message: unknown): string {
  return JSON.stringify({ MESSAGE: message, __CURSOR: 's=1', __REALTIME_TIMESTAMP: `${second}000000`, _BOOT_ID: 'b' });
}

t.test('the newest words and their time', async (t) => {
  const output = [entry(1, 'first'), entry(2, 'second'), entry(3, 'third'), ''].join('\n');
  t.strictSame(tail(output, 2), { lines: ['second', 'third'], at: 3000 });
});

t.test('a trace, a line that is too long and one that cannot be printed are dropped', async (t) => {
  const said = [
    'panic: why',
    'goroutine 1 [running]:',
    'main.main()',
    '\t/etcd.go:1',
    '{"level":"info"}',
    null,
    [27, 91],
  ];
  const output = said.map((message, index) => entry(index, message)).join('\n');
  t.strictSame(tail(output, 20), { lines: ['panic: why', '{"level":"info"}'], at: 6000 });
});

t.test('a truncated line is dropped', async (t) => {
  t.strictSame(tail(`{"MESS\n${entry(1, 'whole')}`, 2), { lines: ['whole'], at: 1000 });
});

t.test('without output there are no lines', async (t) => {
  t.strictSame(tail('', 20), { lines: [], at: Number.NEGATIVE_INFINITY });
});
