import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { isEvent, isReason, tellsOf } from './told.ts';

const silent = reason('of_member', { member: 'm-1', why: reason('silent', { seconds: 40 }) });

t.test('a reason has its code and the facts that are asked for, and may have others', async (t) => {
  const is = (code: Parameters<typeof isReason>[0], facts?: object) => isReason(code, facts)(silent);
  t.ok(is('of_member'));
  t.ok(is('of_member', { member: 'm-1', why: { code: 'silent' } }));
  t.notOk(is('silent'), 'it is another');
  t.notOk(is('of_member', { member: 'm-2' }));
  t.notOk(is('of_member', { why: { code: 'silent', facts: { seconds: 41 } } }));
  t.notOk(is('of_member', { nodeId: 'n-1' }));
});

t.test('a list of facts is the same as a whole, or has what is asked for at a place', async (t) => {
  const failing = { code: 'some_fail', facts: { failing: ['m-1', 'm-2'] } };
  t.ok(isReason('some_fail', { failing: ['m-1', 'm-2'] })(failing));
  t.notOk(isReason('some_fail', { failing: ['m-1'] })(failing));
  t.notOk(isReason('some_fail', { failing: [] })(failing));
  t.ok(isReason('some_fail', { failing: { 0: 'm-1' } })(failing));
  t.notOk(isReason('some_fail', { failing: { 0: 'm-2' } })(failing));
});

t.test('a reason is found anywhere in an answer, and among the facts of another reason', async (t) => {
  t.ok(tellsOf('silent', { seconds: 40 })(silent));
  t.ok(tellsOf('silent')({ waitsFor: [], members: [{ agent: { waits: [silent] } }] }));
  t.notOk(tellsOf('silent', { seconds: 41 })(silent));
  t.notOk(tellsOf('silent')({ waitsFor: [], headline: null }));
});

t.test('an event has its kind and the facts that are asked for', async (t) => {
  const event = { kind: 'end-hold', facts: { member: 'm-1', outcome: 'ended' } };
  t.ok(isEvent('end-hold', { member: 'm-1' })(event));
  t.notOk(isEvent('end-hold', { outcome: 'lapsed' })(event));
  t.notOk(isEvent('open-hold')(event));
});
