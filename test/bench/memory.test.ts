import t from 'tap';
import { memoryIn, settledMemory } from '../../bench/memory.ts';

t.test('smaps_rollup is read in megabytes', async (t) => {
  const text =
    '55d0-7ffd ---p 00000000 00:00 0  [rollup]\nRss:               50000 kB\nPss:    9 kB\nAnonymous:         12500 kB\n';
  t.same(memoryIn(text), { resident: 51.2, anonymous: 12.8 });
  t.throws(() => memoryIn('Rss: 1 kB\n'), { message: /Anonymous/ });
});

t.test('a caller that has enough need not wait for it to settle', async (t) => {
  const stopping = new AbortController();
  const never = settledMemory(process.pid, stopping.signal);
  stopping.abort();
  await t.rejects(never, { name: 'AbortError' });
});
