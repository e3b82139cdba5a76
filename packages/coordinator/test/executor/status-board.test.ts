import type { NodeStatus, ReportRequest } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { statusBoard } from '../../src/executor/status-board.ts';
import type { ReportRecord } from '../../src/inventory/inventory.ts';
import { longestSilence } from '../../src/model/waits.ts';
import { servingAlone } from '../support/nodes.ts';

const run = 1;
const healthy: Partial<NodeStatus> = servingAlone('life0001', 'x-k3s-m-1');
const whole = (sequence: number, changes: Partial<NodeStatus> = {}): ReportRequest => ({
  run,
  sequence,
  basis: null,
  changed: { ...readyStatus(), ...changes },
});
const delta = (sequence: number, basis: number, changed: Partial<NodeStatus>): ReportRequest => ({
  run,
  sequence,
  basis,
  changed,
});
/** A board whose reports come at a time that the test says. */
function boardAt(records: readonly ReportRecord[]) {
  let at = 0;
  const board = statusBoard(records, { now: () => at, monotonic: () => at, process: 'process1' });
  return {
    ...board,
    /** The IDs of the nodes whose reports the store gets at this time. */
    due(now: number, most = 10) {
      at = now;
      return board.takeUnkept(most, 'due').map(({ nodeId }) => nodeId);
    },
    accept(nodeId: string, report: ReportRequest, now: number) {
      at = now;
      board.accept(nodeId, report);
    },
  };
}

const restarted = (restarts: number, incarnation = 'life0001'): Partial<NodeStatus> => {
  const { service, etcd } = servingAlone(incarnation, 'x-k3s-m-1');
  return { service: { ...service, restarts }, etcd };
};

t.test('a whole status is stored with the time of its arrival', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(1), 5000);
  t.same(board.latest('node0001')?.status, readyStatus());
  t.equal(board.latest('node0001')?.receivedAt, 5000);
});

const sentAfter = (at: number, after: number) => ({ sent: { process: 'process1', at, after } });

t.test(
  'R2 R16: a report that was delayed on its way has the time of its sending, and its node is not silent',
  async (t) => {
    const board = boardAt([]);
    board.accept('node0001', whole(1), 5000);
    board.accept('node0001', { ...whole(2), ...sentAfter(5000, 10_000) }, 315_000);
    t.match(board.latest('node0001'), { receivedAt: 15_000, heardAt: 315_000 });
    board.accept('node0001', { ...whole(3), ...sentAfter(315_000, 1) }, 315_100);
    t.match(board.latest('node0001'), { receivedAt: 315_001 });
    board.accept('node0001', { ...whole(4), ...sentAfter(5000, 10_000) }, 315_200);
    t.match(board.latest('node0001'), { receivedAt: 315_001 }, 'the next one was not sent before that');
    board.accept('node0001', { ...whole(5), ...sentAfter(315_200, 2 ** 48) }, 315_300);
    t.match(board.latest('node0001'), { receivedAt: 315_300 }, 'nor is any from the future');
  },
);

t.test('a delta changes what it names and keeps the rest', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(1), 0);
  const service = { ...readyStatus().service, restarts: 7 };
  board.accept('node0001', delta(2, 1, { service }), 1);
  t.same(board.latest('node0001')?.status, { ...readyStatus(), service });
});

t.test('a node counts as unhealthy from the first report that does not show it healthy, until one does', async (t) => {
  const board = boardAt([]);
  const ailing = (sequence: number, changes: Partial<NodeStatus>, now: number) => {
    board.accept('node0001', whole(sequence, changes), now);
    return board.latest('node0001')?.unhealthySince;
  };
  t.equal(ailing(1, healthy, 1000), null);
  t.equal(ailing(2, {}, 2000), 2000);
  t.equal(ailing(3, {}, 3000), 2000);
  t.equal(ailing(4, healthy, 4000), null);
});

t.test('R17 the time in which a node is held back does not count as unhealthy', async (t) => {
  const board = boardAt([]);
  const ailing = (sequence: number, state: NodeStatus['service']['state'], now: number) => {
    const { service } = readyStatus();
    board.accept('node0001', whole(sequence, { service: { ...service, state }, etcd: null }), now);
    return board.latest('node0001')?.unhealthySince;
  };
  t.equal(ailing(1, 'held-back', 1000), 1000);
  t.equal(ailing(2, 'held-back', 9000), 9000);
  t.equal(ailing(3, 'running', 10_000), 10_000);
  t.equal(ailing(4, 'running', 11_000), 10_000);
});

t.test('an empty delta shows that the node reports', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(1), 0);
  board.accept('node0001', delta(2, 1, {}), 9000);
  t.equal(board.latest('node0001')?.receivedAt, 9000);
});

for (const [what, report] of [
  ['of a sequence that is not stored', delta(3, 2, {})],
  ['of another run', { ...delta(2, 1, {}), run: 2 }],
] as const) {
  t.test(`a delta against a basis ${what} is refused, and nothing changed`, async (t) => {
    const board = boardAt([]);
    board.accept('node0001', whole(1), 0);
    t.throws(() => board.accept('node0001', report, 1), { code: 'report_basis_unknown' });
    t.equal(board.latest('node0001')?.receivedAt, 0);
  });
}

t.test('a delta against a status from before a restart of the coordinator is refused', async (t) => {
  const board = boardAt([{ nodeId: 'node0001', receivedAt: 0, status: readyStatus() }]);
  t.throws(() => board.accept('node0001', delta(2, 1, {}), 1), { code: 'report_basis_unknown' });
});

t.test('a delta of a node that has never reported is refused', async (t) => {
  t.throws(() => boardAt([]).accept('node0001', delta(1, 0, {}), 1), { code: 'report_basis_unknown' });
});

t.test('a report that claims to be whole and is not is refused', async (t) => {
  const { lastStep: _left, ...rest } = readyStatus();
  t.throws(() => boardAt([]).accept('node0001', { run, sequence: 1, basis: null, changed: rest }, 0), {
    code: 'invalid_request',
    facts: { problem: 'a report without a basis must carry the whole status' },
  });
});

t.test('a repeated report contains nothing new', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(1), 0);
  board.accept('node0001', whole(1), 50);
  t.equal(board.latest('node0001')?.receivedAt, 0);
});

t.test('an overtaken report contains nothing new', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(2, healthy), 0);
  board.accept('node0001', whole(1), 50);
  t.equal(board.latest('node0001')?.status.etcd?.healthy, true);
});

t.test('a new run of the agent begins with a lower sequence', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(9), 0);
  board.accept('node0001', { ...whole(1), run: 2 }, 50);
  t.equal(board.latest('node0001')?.receivedAt, 50);
});

t.test('a report of an earlier run is refused: it is late, or the disk was put back', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', { ...whole(1, healthy), run: 2 }, 0);
  t.throws(() => board.accept('node0001', { ...whole(9), run: 1 }, 50), {
    code: 'report_superseded',
    facts: { run: 1, latest: 2 },
  });
  t.equal(board.latest('node0001')?.status.etcd?.healthy, true);
});

t.test('healthy since the first of the consecutive healthy reports', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(1), 0);
  board.accept('node0001', whole(2, healthy), 1000);
  board.accept('node0001', delta(3, 2, {}), 2000);
  t.equal(board.latest('node0001')?.healthySince, 1000);
});

t.test('healthy since now at the latest, though the clock was set back', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(1, healthy), 90_000);
  board.accept('node0001', delta(2, 1, {}), 2000);
  t.equal(board.latest('node0001')?.healthySince, 2000);
});

t.test('an unhealthy report ends it', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(1, healthy), 1000);
  board.accept('node0001', whole(2), 2000);
  t.equal(board.latest('node0001')?.healthySince, null);
});

t.test('R2: it starts again after a restart of etcd that no report showed', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(1, restarted(0)), 1000);
  board.accept('node0001', whole(2, restarted(1)), 2000);
  t.equal(board.latest('node0001')?.healthySince, 2000);
});

t.test('R2: it starts again with another incarnation of the member', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(1, restarted(0, 'life0001')), 1000);
  board.accept('node0001', whole(2, restarted(0, 'life0002')), 2000);
  t.equal(board.latest('node0001')?.healthySince, 2000);
});

for (const outcome of ['done', 'failed'] as const) {
  t.test(`R2: it starts again with the first report of maintenance that is ${outcome}, and no later one`, async (t) => {
    const board = boardAt([]);
    const maintenance = (id: string, of: 'begun' | 'done' | 'failed') => ({
      lastMaintenance: { id, outcome: of, reason: null },
    });
    board.accept('node0001', whole(1, { ...healthy, ...maintenance('before', outcome) }), 1000);
    board.accept('node0001', delta(2, 1, maintenance('order001', 'begun')), 2000);
    t.equal(board.latest('node0001')?.healthySince, 1000, 'it still serves');
    board.accept('node0001', delta(3, 2, maintenance('order001', outcome)), 3000);
    board.accept('node0001', { ...whole(1, { ...healthy, ...maintenance('order001', outcome) }), run: 2 }, 4000);
    t.equal(board.latest('node0001')?.healthySince, 3000);
    board.accept('node0001', { ...delta(2, 1, maintenance('order002', outcome)), run: 2 }, 5000);
    t.equal(board.latest('node0001')?.healthySince, 5000, 'begun and ended between two reports');
  });
}

t.test('R2: a restarted coordinator counts from the beginning', async (t) => {
  const board = boardAt([{ nodeId: 'node0001', receivedAt: 1000, status: { ...readyStatus(), ...healthy } }]);
  t.equal(board.latest('node0001')?.healthySince, null);
  board.accept('node0001', whole(1, healthy), 2000);
  t.equal(board.latest('node0001')?.healthySince, 2000);
});

t.test(
  'R2, R16: when the clock is set, no report grows younger, and no node is silent for longer by that',
  async (t) => {
    for (const [byMs, receivedAt, heardAt] of [
      [-600_000, 400_000, 400_000],
      [600_000, 1_000_000, 1_600_000],
    ] as const) {
      let ahead = 0;
      const board = statusBoard([], { now: () => 1_000_000 + ahead, monotonic: () => 1000, process: 'process1' });
      board.accept('node0001', whole(1));
      ahead = byMs;
      board.clockSet('node0001');
      t.match(board.latest('node0001'), { receivedAt, heardAt, unsureUntil: 1_000_000 + byMs + longestSilence });
      board.accept('node0001', whole(2));
      board.clockSet('node0001');
      t.match(board.latest('node0001'), { receivedAt: 1_000_000 + byMs, heardAt: 1_000_000 + byMs });
      t.equal(board.latest('node0001')?.unsureUntil, undefined, 'it has reported since');
    }
  },
);

t.test('R16: a node whose report is stored may have been heard until the coordinator was started', async (t) => {
  const records = [{ nodeId: 'node0001', receivedAt: 1000, status: readyStatus() }];
  const board = statusBoard(records, { now: () => 900_000, monotonic: () => 0, process: 'process1' });
  t.match(board.latest('node0001'), {
    receivedAt: 1000,
    heardAt: 900_000,
    unsureUntil: 900_000 + longestSilence,
    isStored: true,
  });
  board.accept('node0001', whole(1));
  t.equal(board.latest('node0001')?.unsureUntil, undefined, 'it has reported');
});

t.test('an etcd that answers while its service is not running is not healthy', async (t) => {
  const board = boardAt([]);
  const { service, etcd } = servingAlone('life0001', 'x-k3s-m-1');
  board.accept('node0001', whole(1, { service: { ...service, state: 'stopped' }, etcd }), 1000);
  t.equal(board.latest('node0001')?.healthySince, null);
});

const minute = 60_000;

/** An idle member: only its numbers move from report to report. */
const idle = (sequence: number): ReportRequest => {
  const { service, etcd } = servingAlone('life0001', 'x-k3s-m-1');
  const numbers = { raftIndex: 8 + sequence, raftAppliedIndex: 8 + sequence, membersAsOf: 8 + sequence };
  return whole(sequence, { service, etcd: etcd && { ...etcd, ...numbers } });
};

t.test('new reports are given out for the store once', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', whole(1), 1000);
  board.accept('node0001', whole(2), 2000);
  t.same(board.takeUnkept(10, 'due'), [{ nodeId: 'node0001', receivedAt: 2000, status: readyStatus() }]);
  t.same(board.takeUnkept(10, 'due'), []);
});

t.test('the store does not get what it has, also after a restart', async (t) => {
  const first = boardAt([]);
  first.accept('node0001', idle(1), 1000);
  const records = first.takeUnkept(10, 'due');
  for (const board of [first, boardAt(records)]) {
    board.accept('node0001', idle(2), 11_000);
    t.same(board.due(12_000), []);
  }
});

t.test('R5, R16: the store gets news at once, and with it the newest numbers', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', idle(1), 0);
  board.due(0);
  board.accept('node0001', idle(2), 10_000);
  const { agent } = readyStatus();
  board.accept('node0001', delta(3, 2, { agent: { ...agent, generationSeen: 7 } }), 20_000);
  board.accept('node0001', delta(4, 3, {}), 21_000);
  t.match(board.takeUnkept(10, 'due'), [
    { receivedAt: 21_000, status: { agent: { generationSeen: 7 }, etcd: { raftAppliedIndex: 10 } } },
  ]);
});

t.test('R16: the store gets the last report of a node that has fallen silent, once', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', idle(1), 0);
  board.due(0);
  board.accept('node0001', idle(2), 10_000);
  t.same(board.due(45_000), []);
  t.same(board.due(45_001), ['node0001']);
  t.same(board.due(10 * minute), []);
});

t.test('a report without news is due after an hour, and the others that will soon be due go with it', async (t) => {
  const board = boardAt([]);
  const nodes = ['node0001', 'node0002', 'node0003'];
  for (const [index, at] of [0, 25 * minute, 35 * minute].entries()) {
    board.accept(nodes[index] ?? '', idle(1), at);
    board.due(at);
  }
  for (const node of nodes) board.accept(node, idle(2), 60 * minute - 1);
  t.same(board.due(60 * minute - 1), []);
  t.same(board.due(60 * minute), ['node0001', 'node0002']);
  board.accept('node0003', idle(3), 95 * minute);
  t.same(board.due(95 * minute), ['node0003']);
});

t.test('before the coordinator ends, the store gets all that it does not have', async (t) => {
  const board = boardAt([]);
  for (const node of ['node0001', 'node0002']) board.accept(node, idle(1), 0);
  board.due(0);
  board.accept('node0001', idle(2), 10_000);
  t.match(board.takeUnkept(10, 'all'), [{ nodeId: 'node0001', receivedAt: 10_000 }]);
  t.same(board.takeUnkept(10, 'all'), []);
});

t.test('what the store refused is given out again', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', idle(1), 0);
  const news = board.takeUnkept(10, 'due');
  board.giveBack(news);
  board.accept('node0001', idle(2), 10_000);
  t.same(board.due(10_000), ['node0001']);
});

t.test('R14: a stored report of a time to come holds up no later one', async (t) => {
  // The store keeps the one with the later time, so it refuses each of these until the clock has gone that far.
  const board = boardAt([{ nodeId: 'node0001', receivedAt: 60_000, status: readyStatus() }]);
  for (const [sequence, at] of [
    [1, 10_000],
    [2, 20_000],
    [3, 61_000],
  ] as const) {
    board.accept('node0001', idle(sequence), at);
    t.same(board.due(at), ['node0001']);
  }
  board.accept('node0001', idle(4), 70_000);
  t.same(board.due(70_000), []);
});

t.test('R5: the first report of another machine is news, whatever the former one had reported', async (t) => {
  const board = boardAt([]);
  board.accept('node0001', idle(1), 0);
  board.due(0);
  board.forget('node0001');
  board.accept('node0001', idle(1), 10_000);
  t.same(board.due(10_000), ['node0001']);
});
