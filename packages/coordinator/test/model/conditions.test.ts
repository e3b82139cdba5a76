import { nothingLasts } from '@picket/shared/problems/lasting.ts';
import t from 'tap';
import { completeConditions, noConditions, noNodeConditions } from '../../src/model/conditions.ts';

t.test('conditions come back from the store as they were, also those of an older version', async (t) => {
  t.strictSame(completeConditions({}), noConditions);
  const silent = { ...noNodeConditions, lasting: { 'node-silent': 5 } };
  const stored = JSON.parse(JSON.stringify({ ...noConditions, nodes: { a: noNodeConditions, b: silent } }));
  const { nodes } = completeConditions(stored);
  t.strictSame(nodes, { a: noNodeConditions, b: silent });
  t.equal(nodes.a?.lasting, nothingLasts, 'a node at which there is nothing to see can be forgotten');
  const { lasting: _none, ...older } = noNodeConditions;
  t.strictSame(completeConditions({ nodes: { a: older as typeof noNodeConditions } }).nodes.a, noNodeConditions);
});
