import t from 'tap';
import { reason } from '../../src/reasons/reason.ts';
import { tellsOf } from '../../src/reasons/tells-of.ts';

const silentFor = (seconds: number, member = 'x-k3s-m-3') =>
  reason('of_member', { member, why: reason('silent', { seconds }) });

t.test('a wait tells of an ailment that stands somewhere in it', async (t) => {
  const wait = reason('all_serve_before_promotion', { member: 'x-k3s-m-2', ailment: silentFor(40) });
  t.ok(tellsOf(wait, silentFor(40)));
  t.ok(tellsOf(silentFor(40), silentFor(40)));
  const several = reason('unheard_may_be_full', { members: ['x-k3s-m-3'], minutes: 5, ailments: [silentFor(40)] });
  t.ok(tellsOf(several, silentFor(40)), 'in a list');
});

t.test('how long a silence lasts does not count', async (t) => {
  t.ok(tellsOf(reason('all_serve_before_addition', { ailment: silentFor(40) }), silentFor(45)));
});

t.test('another ailment, or that of another member, is not told by it', async (t) => {
  const wait = reason('all_serve_before_addition', { ailment: silentFor(40) });
  t.notOk(tellsOf(wait, silentFor(40, 'x-k3s-m-1')));
  t.notOk(tellsOf(wait, reason('of_member', { member: 'x-k3s-m-3', why: reason('no_reads') })));
  t.notOk(tellsOf(reason('restarts', { member: 'x-k3s-m-3', seconds: 10 }), silentFor(40)));
});
