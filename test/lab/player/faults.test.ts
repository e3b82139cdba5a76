import t from 'tap';
import { parseLine } from '../../../lab/commands.ts';
import { shuffled } from '../../../lab/faults.ts';

t.test('the faults of a number are the same each time, and other numbers have them in another order', (t) => {
  t.strictSame(shuffled(7), shuffled(7));
  const orders = [1, 2, 3, 4, 5].map((seed) => shuffled(seed).map(({ cause }) => cause.replace(/x-k3s-m-./, 'BOARD')));
  t.ok(new Set(orders.map((order) => order.join('\n'))).size > 1);
  t.equal(new Set(orders.map((order) => order.toSorted().join('\n'))).size, 1, 'each fault once');
  t.end();
});

t.test('what breaks something, and what repairs it, are commands that the lab has', (t) => {
  for (const { breaks, repairs } of shuffled(7))
    for (const line of [...breaks, ...repairs]) t.doesNotThrow(() => parseLine(line), line);
  t.end();
});
