import type { DeletionView } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { clusterTable } from '../../src/render/clusters.ts';
import { deletionOrdered, endedByDeletion } from '../../src/render/deletion.ts';

const view: DeletionView = {
  cluster: 'x-k3s',
  filedAs: 'x-k3s-deleted-1',
  done: false,
  atOnce: false,
  takesSnapshot: false,
  lastSnapshot: 'snapshot0001',
  members: [{ name: 'x-k3s-m-3', nodeId: 'node00000003', isHeard: false }],
  clients: [],
  strangers: [],
};

t.test('a repeated deletion names the snapshot that was taken, and advises nothing that was given', async (t) => {
  t.match(endedByDeletion(view), /^A deletion ends the cluster x-k3s\. Its last snapshot is snapshot0001\.$/m);
  t.match(endedByDeletion({ ...view, lastSnapshot: null }), /No snapshot is taken\.$/m);
  t.match(endedByDeletion({ ...view, takesSnapshot: true }), /after a last snapshot\.$/m);
  t.match(deletionOrdered(view, { isForced: false }), /x-k3s-m-3 does not report\. To free the name .* --force`\.$/m);
  t.match(deletionOrdered(view, { isForced: true }), /x-k3s-m-3 does not report\. The name does not wait for that\.$/m);
});

t.test('an empty list says of what it is', async (t) => {
  t.equal(clusterTable([], { now: 0, inUtc: false, deleted: true }), 'No cluster was deleted.');
  t.match(clusterTable([], { now: 0, inUtc: false, deleted: false }), /^No clusters are declared\./);
});
