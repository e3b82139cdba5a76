import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { targetFaults, unchecked, withoutRoom } from '../../src/declaration/upgrade-checks.ts';
import { Scene } from '../controller/support/situations.ts';

const bytes = 300e6;
const neededBytes = bytes + 128e6;

/** Three voters with so much free space; null: the member does not report it. */
function withFree(...free: readonly (number | null)[]) {
  const scene = Scene.formed(3);
  for (const [index, freeBytes] of free.entries())
    scene.reports(index + 1, {
      etcd: { dbSizeBytes: bytes },
      machine: { disk: freeBytes === null ? null : { totalBytes: 16e9, freeBytes } },
    });
  return { spec: scene.spec, progress: scene.progress, status: scene.status(), now: scene.now };
}

t.test('a disk without room for a copy of the database and for etcd’s log is in the way', (t) => {
  const facts = { member: 'x-k3s-m-2', freeBytes: neededBytes - 1, neededBytes };
  t.strictSame(withoutRoom(withFree(neededBytes, neededBytes - 1, neededBytes)), [reason('upgrade_lacks_room', facts)]);
  t.strictSame(withoutRoom(withFree(null, null, null)), [], 'what is not known is in the way of nobody');
  t.end();
});

t.test(
  'R19 the plan says of which member the free space is not known, and that it compares no hashes and knows no client',
  (t) => {
    const clients = reason('unchecked_clients', { minor: '3.6' });
    const hashes = reason('unchecked_hashes');
    t.strictSame(unchecked(withFree(1e9, null, 1e9), '3.6'), [
      reason('unchecked_room', { members: ['x-k3s-m-2'] }),
      hashes,
      clients,
    ]);
    t.strictSame(unchecked(withFree(1e9, 1e9, 1e9), '3.6'), [hashes, clients]);
    t.strictSame(unchecked(withFree(1e9, 1e9, 1e9), null), [hashes], 'the minor version stays');
    t.end();
  },
);

t.test('the plan has each known fault of the target that may concern the cluster', (t) => {
  const situation = withFree(1e9, 1e9, 1e9);
  const told = targetFaults(situation, ['3.6.11']).map(({ facts }) => facts);
  const flood = {
    ...{ version: '3.6.11', id: 'CVE-2026-73500' },
    ...{ severity: 'high', effect: 'denial-of-service', concerns: 'always' },
  };
  t.match(told[0], flood);
  t.ok(told.some((facts) => 'id' in facts && facts.id === 'etcd-18667'));
  t.notOk(
    told.some((facts) => 'id' in facts && facts.id === 'old-entries-under-3.7'),
    'the stages avoid it',
  );
  t.notOk(
    told.some((facts) => 'id' in facts && facts.id === 'CVE-2026-73499'),
    'authentication is off',
  );
  t.end();
});
