import t from 'tap';
import type { SnapshotRecord } from '../../src/inventory/inventory.ts';
import { restoreSourceOf } from '../../src/snapshots/restore-source-of.ts';

const known = { takenAt: 1, sizeBytes: 20_512, sha256: 'ab'.repeat(32) };
const imported = { id: 'snapshot0001', ...known, member: null, clusterId: null } as SnapshotRecord;
const own: SnapshotRecord = { ...imported, member: 'x-k3s-m-1', clusterId: 'c1' };
const checked = { format: '3.5', keepsPicketOut: true };

t.test('R8 only an imported snapshot may lack Picket’s etcd user', (t) => {
  const source = { snapshot: 'snapshot0001', ...known };
  t.strictSame(restoreSourceOf(imported, null), source);
  t.strictSame(restoreSourceOf(imported, checked), { ...source, format: '3.5', keepsPicketOut: true });
  t.strictSame(restoreSourceOf(imported, { format: null, keepsPicketOut: false }), source);
  t.strictSame(restoreSourceOf(own, checked), { ...source, format: '3.5' });
  t.end();
});
