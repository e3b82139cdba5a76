import t from 'tap';
import { readFacts } from '../src/answered-reads.ts';

t.test('reads are listed with their age, and with the time until none of them is fresh', (t) => {
  const reads = [
    { name: 'x-k3s-m-1', ageMs: 12_900 },
    { name: 'x-k3s-m-2', ageMs: 4000 },
  ];
  t.strictSame(readFacts(reads, 35_000), { serving: 'x-k3s-m-1 (12 s ago), x-k3s-m-2 (4 s ago)', wait: '32 s' });
  t.equal(readFacts([{ name: 'x-k3s-m-1', ageMs: 35_000 }], 35_000).wait, '1 s');
  t.end();
});
