import t from 'tap';
import { inWords } from '../../src/reasons/in-words.ts';
import { type AnyReason, reason } from '../../src/reasons/reason.ts';

const said = (why: AnyReason, nodeId: string | null = 'node2') =>
  inWords(reason('not_known_lost', { member: 'x-k3s-m-2', nodeId, isVoter: true, why }));

t.test(
  'R16: a machine that was shut down, or is silent for seconds, is not offered for eviction as lost',
  async (t) => {
    const off = 'x-k3s-m-2 (node node2): its machine was shut down 3 s ago (switch it on)';
    t.equal(said(reason('machine_stopped', { seconds: 3 })), off);
    for (const why of [
      reason('machine_stopped', { seconds: 599 }),
      reason('silent', { seconds: 40 }),
      reason('agent_stopped', { seconds: 40 }),
      reason('serves'),
    ])
      t.notMatch(said(why), /evict/, why.code);
  },
);

t.test(
  'R19: a restore that waits for a node says to switch it on, and offers an eviction only after a long silence',
  async (t) => {
    const waits = (unheard: AnyReason) =>
      inWords(reason('former_etcd_stops', { member: 'x-k3s-m-2', nodeId: 'node2', obstacle: null, unheard }));
    t.match(waits(reason('machine_stopped', { seconds: 3 })), /\(switch it on\)$/);
    t.notMatch(waits(reason('silent', { seconds: 40 })), /evict/);
    t.match(waits(reason('silent', { seconds: 700 })), /picket node evict node2 --lost\)$/);
  },
);

t.test('after a long silence, the command is named with the ID of the node', async (t) => {
  const evict = /\(if it is lost, give up its data: picket node evict node2 --lost\)$/;
  for (const why of [
    reason('machine_stopped', { seconds: 600 }),
    reason('silent', { seconds: 700 }),
    reason('agent_stopped', { seconds: 700 }),
  ]) {
    t.match(said(why), evict, why.code);
    t.notMatch(said(why, null), /evict/, 'without a node there is nothing to evict');
  }
});
