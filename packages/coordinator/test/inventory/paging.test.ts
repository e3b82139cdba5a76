import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { createCluster, openSample, start } from './samples.ts';

async function withEvents(t: Test, count: number): Promise<Inventory> {
  const inventory = await openSample(join(t.testdir(), 'picket.db'));
  t.teardown(() => inventory.close());
  await inventory.transaction(async ({ events }) => {
    for (let number = 1; number <= count; number++) {
      await events.append({
        at: start,
        cluster: number % 2 === 0 ? 'even' : 'odd',
        kind: `${number}`,
        facts: {},
      });
    }
  });
  return inventory;
}

t.test('pages follow each other to the end, newest first, each item once', async (t) => {
  const { events } = await withEvents(t, 5);
  const seen: string[][] = [];
  let after: string | null = null;
  do {
    const page = await events.list({ limit: 2, after }, null);
    seen.push(page.items.map((event) => event.kind));
    after = page.next;
  } while (after !== null);
  t.same(seen, [['5', '4'], ['3', '2'], ['1']]);
});

t.test('the last page ends the list even when it is full', async (t) => {
  const { events } = await withEvents(t, 2);
  t.equal((await events.list({ limit: 2, after: null }, null)).next, null);
});

t.test('rows that are added during paging shift no page', async (t) => {
  const { events } = await withEvents(t, 4);
  const first = await events.list({ limit: 2, after: null }, null);
  await events.append({ at: start, cluster: null, kind: 'new', facts: {} });
  const second = await events.list({ limit: 2, after: first.next }, null);
  t.same(
    second.items.map((event) => event.kind),
    ['2', '1'],
  );
});

t.test('a list of one cluster holds no other', async (t) => {
  const { events } = await withEvents(t, 4);
  const page = await events.list({ limit: 10, after: null }, 'odd');
  t.same(
    page.items.map((event) => event.kind),
    ['3', '1'],
  );
});

t.test('clusters are listed by name', async (t) => {
  const inventory = await openSample(join(t.testdir(), 'picket.db'));
  t.teardown(() => inventory.close());
  for (const name of ['c', 'a', 'b']) await createCluster(inventory, { name });
  const first = await inventory.clusters.list({ limit: 2, after: null });
  const second = await inventory.clusters.list({ limit: 2, after: first.next });
  t.same(
    [...first.items, ...second.items].map((cluster) => cluster.spec.name),
    ['a', 'b', 'c'],
  );
});

t.test('no page holds more than 500', async (t) => {
  const { events } = await withEvents(t, 501);
  t.equal((await events.list({ limit: 9999, after: null }, null)).items.length, 500);
});

t.test('a limit below one is refused', async (t) => {
  const { events } = await withEvents(t, 1);
  await t.rejects(events.list({ limit: 0, after: null }, null), {
    code: 'invalid_request',
    facts: { problem: '"limit" must be a whole number from 1 on' },
  });
});

for (const [what, after] of [
  ['nobody’s', 'gibberish'],
  ['of another list', Buffer.from('nodes:1').toString('base64url')],
  ['with a key of the wrong kind', Buffer.from('events:1 or 1=1').toString('base64url')],
] as const) {
  t.test(`a cursor ${what} is refused`, async (t) => {
    const { events } = await withEvents(t, 1);
    await t.rejects(events.list({ limit: 1, after }, null), {
      code: 'invalid_request',
      facts: { problem: '"after" must be the "next" of a page of this list' },
    });
  });
}
