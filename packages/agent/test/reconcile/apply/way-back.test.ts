import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { closedWayBack } from '../../../src/reconcile/apply/way-back.ts';

const closed = (voters: number, versions: readonly string[], ordered = false) =>
  closedWayBack('3.5', { voters, versions, ordered });

t.test(
  'R6 the way back is open while a quorum of all voters, without this one, says the earlier version',
  async (t) => {
    t.equal(closed(3, ['3.5.0', '3.5.0']), null);
    t.equal(closed(5, ['3.5.0', '3.5.0', '3.5.0']), null);
    for (const [voters, versions] of [
      [1, []],
      [2, ['3.5.0']],
      [3, ['3.5.0']],
      [3, ['3.5.0', '3.4.0']],
      [5, ['3.5.0', '3.5.0']],
    ] as const) {
      const needed = Math.floor(voters / 2) + 1;
      const agreeing = versions.filter((one) => one === '3.5.0').length;
      t.strictSame(closed(voters, versions), reason('way_back_unknown', { back: '3.5', agreeing, needed, voters }));
    }
  },
);

t.test('R6 one voter that says a later version is enough to close it', async (t) => {
  const risen = reason('no_way_back', { back: '3.5', cluster: '3.6' });
  t.strictSame(closed(5, ['3.5.0', '3.5.0', '3.5.0', '3.6.0']), risen);
  t.strictSame(closed(1, ['3.6.0'], true), risen);
});

t.test('R6 by order, those are enough that can answer where one or two voters are no quorum', async (t) => {
  t.equal(closed(1, [], true), null);
  t.equal(closed(2, ['3.5.0'], true), null);
  t.match(closed(2, [], true), { code: 'way_back_unknown' });
  t.match(closed(3, ['3.5.0'], true), { code: 'way_back_unknown' });
});
