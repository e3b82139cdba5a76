import t from 'tap';
import type { NodeRecord } from '../../src/inventory/inventory.ts';
import { emptyProgress } from '../../src/model/progress.ts';
import { begunOf } from '../../src/operations/begun.ts';

const node = (nodeRole: object, evictedAt: number | null = null) => ({ ...nodeRole, evictedAt }) as NodeRecord;

t.test('members and clients that are there have joined, and those that were evicted have not', async (t) => {
  const nodes = [
    node({ kind: 'member', member: 'a' }),
    node({ kind: 'member', member: 'b' }, 1),
    node({ kind: 'client', client: 'c' }),
  ];
  t.same(begunOf(emptyProgress, nodes), { founded: false, joined: ['a', 'c'] });
});

t.test('a cluster that is to begin again from a snapshot counts as founded', async (t) => {
  const restore = { snapshot: 'snap0001', takenAt: 0, sizeBytes: 1, sha256: '0' };
  t.equal(begunOf({ formation: null, restore }, []).founded, true);
});
