import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import t, { type Test } from 'tap';
import { idleMachine, readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { ClusterSituation } from '../../src/executor/executor.ts';
import { statusBoard } from '../../src/executor/status-board.ts';
import { historyBook, historyKeptEvery } from '../../src/history/history-book.ts';
import type { NodeRecord, Repositories } from '../../src/inventory/inventory.ts';
import { emptyProgress } from '../../src/model/progress.ts';
import { createCluster, openSample, sampleNode, sampleSpec, sampleToken, start } from '../inventory/samples.ts';

const minute = 60_000;

const hot = (temperatureCelsius: number): NodeStatus => ({
  ...readyStatus(),
  machine: { ...idleMachine, temperatureCelsius },
});

/** A book of a cluster with one node, on a real store that can refuse. */
async function scene(t: Test) {
  const inventory = await openSample(join(t.testdir(), 'inventory.sqlite'));
  t.teardown(() => inventory.close());
  await createCluster(inventory);
  await inventory.tokens.create(sampleToken());
  await inventory.transaction((store) => store.nodes.create(sampleNode()));
  const clock = { now: start, setBy: 0, refuses: false, transactions: 0 };
  const clocks = { now: () => clock.now, monotonic: () => clock.now - clock.setBy, process: 'process1' };
  const nodes: readonly NodeRecord[] = await inventory.nodes.ofCluster('prod');
  const record = { id: 'prod00000000', spec: sampleSpec(), progress: emptyProgress };
  const statuses = statusBoard([], clocks);
  const book = historyBook({
    inventory: {
      history: inventory.history,
      transaction: async <Result>(work: (store: Repositories) => Promise<Result>) => {
        clock.transactions += 1;
        if (!clock.refuses) return inventory.transaction(work);
        throw failure('inventory_unusable', { path: 'inventory.sqlite', problem: 'the disk is full' });
      },
    },
    executor: { clusters: () => ['prod'], situation: () => ({ record, nodes }) as unknown as ClusterSituation },
    statuses,
    ...clocks,
  });
  let sequence = 0;
  return {
    book,
    inventory,
    clock,
    report(temperature: number) {
      sequence += 1;
      statuses.accept('node0001', { run: 1, sequence, basis: null, changed: hot(temperature) });
      book.note('node0001', hot(temperature));
    },
    temperatures: async () => (await book.of('prod')).get('pi-1')?.fine.map(({ figures }) => figures.temperature),
  };
}

t.test('reports and history of an hour are one commit', async (t) => {
  const { book, clock, report, inventory } = await scene(t);
  for (let passed = 0; passed < historyKeptEvery; passed += minute) {
    report(50);
    clock.now += minute;
    await book.keep('due');
  }
  t.equal(clock.transactions, 1);
  t.equal((await inventory.history.places()).length, 1);
  t.equal((await inventory.reports.all())[0]?.receivedAt, clock.now - minute);
  await book.keep('due');
  t.equal(clock.transactions, 1);
});

t.test('R16: if the store refuses the history, neither the points nor the reports are lost', async (t) => {
  const { book, clock, report, inventory, temperatures } = await scene(t);
  report(50);
  clock.refuses = true;
  clock.now += historyKeptEvery;
  report(60);
  await t.rejects(book.keep('due'), { code: 'inventory_unusable' });
  t.same(await temperatures(), [50, 60]);
  await book.keep('due');
  t.equal(clock.transactions, 1, 'it is not tried again at once');
  clock.refuses = false;
  clock.now += 5 * minute;
  await book.keep('due');
  t.same(await temperatures(), [50, 60]);
  t.equal((await inventory.reports.all())[0]?.status.machine.temperatureCelsius, 60);
});

t.test('without news nothing is committed', async (t) => {
  const { book, clock } = await scene(t);
  await book.keep('all');
  t.equal(clock.transactions, 0);
});

t.test('a clock that is set neither hastens nor delays a commit', async (t) => {
  const { book, clock, report } = await scene(t);
  const setClock = (by: number) => {
    clock.now += by;
    clock.setBy += by;
  };
  report(50);
  setClock(10 * 365 * 24 * 60 * minute);
  await book.keep('due');
  t.equal(clock.transactions, 0);
  report(60);
  setClock(-20 * 365 * 24 * 60 * minute);
  report(70);
  clock.now += historyKeptEvery;
  await book.keep('due');
  t.equal(clock.transactions, 1);
  const ring = (await book.of('prod')).get('pi-1');
  t.same(
    ring?.fine.map(({ figures }) => figures.temperature),
    [70, 50, 60],
  );
});

t.test('a damaged history begins again', async (t) => {
  const { book, report, inventory, temperatures } = await scene(t);
  await inventory.history.keep([{ cluster: 'prod00000000', member: 'pi-1', ring: Buffer.from('damaged') }]);
  report(50);
  t.same(await temperatures(), [50]);
  await book.keep('all');
  t.same(await temperatures(), [50]);
});
