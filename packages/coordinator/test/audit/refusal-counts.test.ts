import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Refusal, refusalCounts } from '../../src/audit/refusal-counts.ts';
import { hour, openSample, start } from '../inventory/samples.ts';

const refused: Refusal = {
  by: 'operator ada',
  from: '192.168.7.2',
  action: 'POST /v1/clusters',
  outcome: 'not_permitted',
  why: null,
};

async function counting(t: Test) {
  const inventory = await openSample(join(t.testdir(), 'picket.db'));
  t.teardown(() => inventory.close());
  const clock = { now: start };
  const now = () => clock.now;
  const counts = refusalCounts({ inventory, now, monotonic: now });
  let seen = 0;
  /** What was written since it was last asked. */
  async function written() {
    const rows = await inventory.audit.after(seen, 500);
    seen = rows.at(-1)?.number ?? seen;
    const entries = rows.flatMap(({ entry }) => entry ?? []);
    return entries.map(({ by, from, action, outcome, count, asked }) => ({
      by,
      from,
      action,
      outcome,
      count,
      asked,
    }));
  }
  return { inventory, counts, clock, written };
}

t.test('the first refusal is written at once, those that follow once an hour with their number', async (t) => {
  const { counts, clock, written } = await counting(t);
  counts.count(refused);
  await counts.write('due');
  const { why: _why, ...shown } = refused;
  t.same(await written(), [{ ...shown, count: 1, asked: { since: '2026-01-15T12:00:00.000Z' } }]);
  clock.now += 60_000;
  for (let count = 0; count < 500; count += 1) counts.count(refused);
  await counts.write('due');
  t.same(await written(), []);
  clock.now += hour;
  await counts.write('due');
  t.same(await written(), [{ ...shown, count: 500, asked: { since: '2026-01-15T12:01:00.000Z' } }]);
  clock.now += hour;
  await counts.write('due');
  t.same(await written(), [], 'nothing happened');
});

t.test('R18: many refusals of one kind are one event, and few are none', async (t) => {
  const { inventory, counts, clock } = await counting(t);
  const events = async () => {
    const { items } = await inventory.events.list({ limit: 100, after: null }, null);
    return items.map(({ kind, facts }) => ({ kind, facts }));
  };
  for (let count = 0; count < 19; count += 1) counts.count(refused);
  await counts.write('due');
  t.same(await events(), []);
  for (let count = 0; count < 500; count += 1) counts.count(refused);
  await counts.write('due');
  t.same(await events(), [], 'not before the hour is over');
  clock.now += hour;
  await counts.write('due');
  t.same(await events(), [
    { kind: 'requests-refused', facts: { ...refused, count: 500, since: '2026-01-15T12:00:00.000Z' } },
  ]);
});

t.test('what is counted is written before the coordinator ends', async (t) => {
  const { counts, written } = await counting(t);
  for (let count = 0; count < 3; count += 1) {
    counts.count(refused);
    if (count === 0) await counts.write('due');
  }
  await counts.write('all');
  t.same(
    (await written()).map(({ count }) => count),
    [1, 2],
  );
});

t.test('R18: strangers cause few entries, and leave room for operators and nodes', async (t) => {
  const { counts, clock, written } = await counting(t);
  const stranger = (from: string) => counts.count({ ...refused, by: null, from, why: 'x' });
  for (let round = 0; round < 3; round += 1) {
    for (let number = 0; number < 1000; number += 1) stranger(`10.0.${number >> 8}.${number % 256}`);
    counts.count(refused);
    for (let number = 0; number < 100; number += 1) counts.count({ ...refused, by: `node ${number}` });
    await counts.write('due');
    const entries = await written();
    t.equal(entries.length, 8 + 1 + 32 + 1);
    t.equal(
      entries.reduce((sum, { count }) => sum + (count ?? 0), 0),
      1101,
      'each is counted',
    );
    t.equal(entries.find(({ by }) => by === 'operator ada')?.count, 1);
    t.equal(entries.find(({ from, by }) => from === 'others' && by === 'a stranger')?.count, 992);
    await counts.write('due');
    t.same(await written(), []);
    clock.now += hour;
    await counts.write('due');
  }
});

t.test('a failure of the store loses no count', async (t) => {
  const { inventory, counts, written } = await counting(t);
  const { transaction } = inventory;
  let failing = true;
  const counted = refusalCounts({
    inventory: {
      transaction: (work) => (failing ? Promise.reject(new Error('the disk is full')) : transaction(work)),
    },
    now: () => start,
    monotonic: () => start,
  });
  t.ok(counts);
  counted.count(refused);
  await t.rejects(counted.write('due'), { message: 'the disk is full' });
  failing = false;
  await counted.write('due');
  t.same(
    (await written()).map(({ count }) => count),
    [1],
  );
});

t.test('an entry names the address of its own refusals, or that there were several', async (t) => {
  const { counts, clock, written } = await counting(t);
  const next = async (...from: readonly string[]) => {
    for (const address of from) counts.count({ ...refused, from: address });
    await counts.write('due');
    clock.now += hour;
    return (await written()).map((entry) => entry.from);
  };
  t.same(await next('192.168.7.2'), ['192.168.7.2']);
  t.same(await next('203.0.113.9', '203.0.113.9'), ['203.0.113.9']);
  t.same(await next('203.0.113.9', '192.168.7.2', '203.0.113.9'), ['several']);
});

t.test('R18: a node that is refused on many routes does not displace an operator', async (t) => {
  const { counts, written } = await counting(t);
  for (let route = 0; route < 100; route += 1)
    counts.count({ ...refused, by: 'node evil', action: `GET /v1/route/${route}` });
  counts.count(refused);
  await counts.write('due');
  const callers = (await written()).map(({ by }) => by);
  t.ok(callers.includes('operator ada'));
  t.equal(callers.filter((by) => by === 'node evil').length, 8);
});
