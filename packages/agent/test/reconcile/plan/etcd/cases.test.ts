import t from 'tap';
import { said } from '../../../../../../test/support/said.ts';
import { type Case, firstCase } from '../../../../src/reconcile/plan/etcd/cases.ts';
import { waiting } from '../../../../src/reconcile/plan/etcd/steps.ts';

const cases: readonly Case<number>[] = [
  ['it is small', (count) => count < 10 && waiting(said('small'))],
  ['it is large', (count) => count > 5 && waiting(said('large'))],
];

t.test('the first case that applies wins', async (t) => {
  t.strictSame(
    [1, 7, 12].map((count) => firstCase(cases, count).waits),
    [[said('small')], [said('small')], [said('large')]],
  );
});

t.test('a table in which no case applies is a fault, and named', async (t) => {
  t.throws(() => firstCase(cases.slice(1), 5), { message: 'None of these cases applies: it is large.' });
});
