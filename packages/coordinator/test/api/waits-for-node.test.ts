import t from 'tap';
import { waitsForNode } from '../../src/api/waits-for-node.ts';

t.test('what a cluster waits for is told as it is', async (t) => {
  t.strictSame(waitsForNode(['one', 'two'], 'x-k3s'), ['one', 'two']);
});

t.test('R18: more waits than an agent reads are counted, and the command that lists them is named', async (t) => {
  const waits = Array.from({ length: 200 }, () => '\u0000'.repeat(1000));
  const told = waitsForNode(waits, 'x-k3s');
  t.equal(told.length, 21);
  t.equal(told.at(-1), '180 more: `picket status x-k3s` lists all');
  t.ok(JSON.stringify(told).length < 128 * 1024);
});
