import t from 'tap';
import type { NodeRecord } from '../../src/inventory/inventory.ts';
import { emptyProgress } from '../../src/model/progress.ts';
import { begunOf } from '../../src/operations/begun.ts';

const node = (nodeRole: object, evictedAt: number | null = null) => ({ ...nodeRole, evictedAt }) as NodeRecord;

t.test('existing members and clients have joined, and evicted ones have not', async (t) => {
  const nodes = [
    node({ kind: 'member', member: 'a' }),
    node({ kind: 'member', member: 'b' }, 1),
    node({ kind: 'client', client: 'c' }),
  ];
  t.same(begunOf(emptyProgress, nodes), { founded: false, joined: ['a', 'c'] });
});

t.test('a cluster that will begin again from a snapshot counts as founded', async (t) => {
  const restore = { snapshot: 'snap0001', takenAt: 0, sizeBytes: 1, sha256: '0' };
  t.equal(begunOf({ formation: null, restore }, []).founded, true);
});
