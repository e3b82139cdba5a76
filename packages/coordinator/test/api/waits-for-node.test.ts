import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { waitsForNode } from '../../src/api/rendered-within.ts';
import { reasonsOf, said } from '../support/said.ts';

t.test('a node gets what its cluster waits for', async (t) => {
  t.strictSame(waitsForNode([said('one'), said('two')], 'x-k3s'), [
    { code: 'error_says', facts: { text: 'one' }, message: 'one' },
    { code: 'error_says', facts: { text: 'two' }, message: 'two' },
  ]);
});

/** [what the waits are, how many there are, their text, how many of them the node gets] */
const tooMany = [
  ['long', 200, 'x'.repeat(1000), 9],
  ['control characters, which JSON makes six times as long', 200, '\u0000'.repeat(1000), 2],
  ['characters of three octets', 200, '€'.repeat(1000), 9],
  ['short', 5000, 'x', 1538],
] as const;
for (const [what, count, text, fit] of tooMany) {
  t.test(`R18: waits beyond what an agent reads are counted, with the command that lists them: ${what}`, async (t) => {
    const waits = Array.from({ length: count }, () => said(text));
    const told = waitsForNode(waits, 'x-k3s');
    t.strictSame(reasonsOf(told), [
      ...waits.slice(0, fit),
      reason('more_waits', { cluster: 'x-k3s', count: count - fit }),
    ]);
    t.ok(Buffer.byteLength(JSON.stringify(told)) < 128 * 1024);
  });
}
