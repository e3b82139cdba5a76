import type { ChangedClusterView, ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { formed, reportAll } from '../support/voters.ts';

t.test(
  'one PATCH exchanges a member: its plan comes first, and status shows who leaves until etcd removes it',
  async (t) => {
    const { coordinator, nodes } = await formed(t);
    const { admin } = coordinator;
    const members = [1, 2, 4].map((number) => ({ name: `x-k3s-m-${number}`, address: `192.168.7.${number + 10}` }));
    const change = async (more: object = {}) => {
      const body = { members, ...more };
      const answer = await admin.request('PATCH', '/v1/clusters/x-k3s', { headers: { 'if-match': '"1"' }, body });
      return answer.json<ChangedClusterView>();
    };
    const shown = async () =>
      (await admin.get('/v1/clusters/x-k3s/status'))
        .json<ClusterStatusView>()
        .members.map(({ name, phase, leaving = false }) => ({ name, phase, leaving }));
    const before = await shown();
    const plan = {
      voters: 3,
      votersAfter: 3,
      steps: [
        { kind: 'add-learner', member: 'x-k3s-m-4' },
        { kind: 'promote', member: 'x-k3s-m-4' },
        { kind: 'remove', member: 'x-k3s-m-3' },
      ],
      toJoin: ['x-k3s-m-4'],
    };
    t.match(await change({ dryRun: true }), { spec: { revision: 2 }, plan });
    t.same(await shown(), before, 'a dry run changes nothing');
    t.match(await change(), { spec: { revision: 2 }, plan });
    await reportAll(nodes);
    const staying = before.slice(0, 2);
    t.same(await shown(), [
      ...staying,
      { name: 'x-k3s-m-4', phase: 'declared', leaving: false },
      { name: 'x-k3s-m-3', phase: 'voter', leaving: true },
    ]);
    const back = [1, 2, 3].map((number) => ({ name: `x-k3s-m-${number}`, address: `192.168.7.${number + 10}` }));
    await admin.request('PATCH', '/v1/clusters/x-k3s', { headers: { 'if-match': '"2"' }, body: { members: back } });
    t.same(await shown(), before, 'an operator who changes their mind finds everything as it was');
  },
);
