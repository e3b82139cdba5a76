import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { withFormerIncarnations } from '../../src/executor/observe.ts';
import type { TurnDeps } from '../../src/executor/turn-deps.ts';
import type { ClusterProgress } from '../../src/model/progress.ts';
import { Scene } from '../controller/support/situations.ts';

const node = { id: 'node2', kind: 'member', member: 'x-k3s-m-2', joinedAt: 1, evictedAt: null };

/** What is retired once this node, which the backup does not know, has reported this to the restored coordinator. */
function retired(reported: object, changes: Partial<ClusterProgress> = {}): readonly string[] {
  const status = readyStatus();
  const deps = {
    restoration: { current: { restoredAt: 2, epoch: { name: 'epoch1' } }, awaits: () => false },
    publications: { current: () => null },
    statuses: { latest: () => ({ status: { ...status, ...reported } }) },
  } as unknown as TurnDeps;
  const progress = { ...Scene.formed(1).progress, ...changes };
  return withFormerIncarnations(deps, progress, [node] as never).retired.map(({ incarnation }) => incarnation);
}

const service = { ...readyStatus().service, incarnation: 'life2' };
const { formation } = Scene.formed(1).progress;
const voter = { id: 'a2', name: 'x-k3s-m-2', peerUrls: [], clientUrls: [], isLearner: false };

t.test('an incarnation that the backup does not know is over once its node is re-adopted late', async (t) => {
  t.strictSame(retired({ service, etcd: null }), ['life2']);
  t.strictSame(retired({ service, etcd: { clusterId: 'another' } }), ['life2'], 'of a cluster that was given up');
});

t.test('R3: not so an incarnation that may be a voter, which another coordinator has added since', async (t) => {
  t.strictSame(retired({ service, etcd: { clusterId: formation?.clusterId } }), [], 'its etcd runs in this cluster');
  t.strictSame(retired({ service, etcd: null }, { undeclared: [voter] }), [], 'etcd lists it');
});
