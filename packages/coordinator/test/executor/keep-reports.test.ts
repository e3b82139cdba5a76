import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { sizeOf } from '@picket/shared/reasons/within.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { keepReports, keptReports } from '../../src/executor/keep-reports.ts';
import { statusBoard } from '../../src/executor/status-board.ts';
import { createCluster, openSample, sampleNode, sampleToken } from '../inventory/samples.ts';
import { largeStatus } from '../support/large-status.ts';

/** A board on which this many nodes have reported. */
function boardWith(nodes: readonly string[]) {
  const board = statusBoard([], { now: () => 1000, monotonic: () => 0, process: 'process1' });
  for (const nodeId of nodes) {
    board.accept(nodeId, { run: 1, sequence: 1, basis: null, changed: readyStatus() });
  }
  return board;
}

t.test('R18: the reports of more nodes than SQLite binds in one statement are all stored', async (t) => {
  const inventory = await openSample(join(t.testdir(), 'inventory.sqlite'));
  t.teardown(() => inventory.close());
  await createCluster(inventory);
  await inventory.tokens.create(sampleToken());
  const nodes = Array.from({ length: 11_000 }, (_, number) => `node${String(number).padStart(6, '0')}`);
  await inventory.transaction(async (store) => {
    for (const id of nodes) await store.nodes.create(sampleNode({ id, member: id, spkiHash: id }));
  });
  await keepReports(boardWith(nodes), inventory.reports, 'due');
  t.equal((await inventory.reports.all()).length, nodes.length);
});

t.test('reports that the store refused are stored at the next attempt', async (t) => {
  const board = boardWith(['node0001', 'node0002']);
  const kept: string[] = [];
  let full = true;
  const reports = {
    async keep(records: readonly { readonly nodeId: string }[]) {
      if (full) throw failure('inventory_unusable', { path: 'inventory.sqlite', problem: 'the disk is full' });
      kept.push(...records.map(({ nodeId }) => nodeId));
    },
  };
  await t.rejects(keepReports(board, reports, 'due'), { code: 'inventory_unusable' });
  full = false;
  await keepReports(board, reports, 'due');
  t.same(kept, ['node0001', 'node0002']);
});

t.test(
  'R18: of large reports that an earlier version has stored, a start takes no more than is kept of new ones',
  async (t) => {
    const inventory = await openSample(join(t.testdir(), 'inventory.sqlite'));
    t.teardown(() => inventory.close());
    await createCluster(inventory);
    await inventory.tokens.create(sampleToken());
    const { facts, member: _member, ...node } = sampleNode({ id: 'client01', spkiHash: '1' });
    await inventory.nodes.create({ ...node, kind: 'client', client: 'k3s-1', facts: { ...facts, name: 'k3s-1' } });
    await inventory.nodes.create(sampleNode({ id: 'member01', spkiHash: '2' }));
    const record = (nodeId: string) => ({ nodeId, receivedAt: 1, status: largeStatus('x') });
    await inventory.reports.keep([record('client01'), record('member01')]);
    const sizes = (await keptReports(inventory)).map(({ nodeId, status }) => [nodeId, sizeOf(status)] as const);
    t.match(sizes, [
      ['client01', Number],
      ['member01', Number],
    ]);
    for (const [nodeId, size] of sizes) t.ok(size <= (nodeId === 'client01' ? 8000 : 32_000), `${nodeId}: ${size}`);
  },
);
