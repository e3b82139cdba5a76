import t from 'tap';
import type { NodeRecord } from '../../src/inventory/inventory.ts';
import { emptyProgress } from '../../src/model/progress.ts';
import { begunOf } from '../../src/operations/change-spec.ts';

const node = (nodeRole: object, evictedAt: number | null = null) => ({ ...nodeRole, evictedAt }) as NodeRecord;

t.test('existing members and clients have joined, and evicted ones have not', async (t) => {
  const nodes = [
    node({ kind: 'member', member: 'a' }),
    node({ kind: 'member', member: 'b' }, 1),
    node({ kind: 'client', client: 'c' }),
  ];
  t.same(begunOf(emptyProgress, nodes).joined, ['a', 'c']);
});

t.test('a cluster that will begin again from a snapshot counts as founded', async (t) => {
  const restore = { snapshot: 'snap0001', takenAt: 0, sizeBytes: 1, sha256: '0' };
  t.equal(begunOf({ ...emptyProgress, restore }, []).founded, true);
});

t.test('R1: members may be added once the founder has served, and to the progress of a backup', async (t) => {
  const formation = { member: 'a', incarnation: 'life0001', token: 'x-1', startedAt: 0, clusterId: null };
  const mayGrow = (clusterId: string | null, rests?: boolean) =>
    begunOf({ ...emptyProgress, formation: { ...formation, clusterId } }, [], rests).mayGrow;
  t.same([mayGrow(null), mayGrow('c1'), mayGrow(null, true)], [false, true, true]);
  t.equal(begunOf(emptyProgress, []).mayGrow, false, 'before a founder is chosen');
  const mayShrink = (rests: boolean) =>
    begunOf({ ...emptyProgress, formation: { ...formation, clusterId: 'c1' } }, [], rests).mayShrink;
  t.same([mayShrink(false), mayShrink(true)], [true, false], 'whoever is missing in a backup may have founded since');
});
