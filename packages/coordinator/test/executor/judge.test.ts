import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { orderOverAfter } from '../../src/model/waits.ts';
import type { TestCoordinator } from '../support/coordinator.ts';
import { nodeWith, type TestNode } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { asked, sendAll } from '../support/snapshots.ts';
import { type Formed, formed, reportAll, voterStatus } from '../support/voters.ts';

const cluster = '/v1/clusters/x-k3s';
const dryRun = { dryRun: true };

/** Every row of the store, without the audit log: that records each request. */
async function stored({ config, running }: TestCoordinator): Promise<unknown> {
  const copy = join(config.dataDir, '..', 'copy.sqlite');
  rmSync(copy, { force: true });
  await running.inventory.copyTo(copy);
  const database = new Sqlite(copy, { readonly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
    const others = tables.filter((table) => table !== 'audit');
    return Object.fromEntries(others.map((table) => [table, database.prepare(`SELECT * FROM "${table}"`).all()]));
  } finally {
    database.close();
  }
}

/** What the store and the memory hold, and the desired states of these nodes. */
async function everything(coordinator: TestCoordinator, nodes: readonly TestNode[]) {
  return {
    rows: await stored(coordinator),
    record: coordinator.running.executor.situation('x-k3s').record,
    states: await Promise.all(nodes.map(async (node) => node.desiredState())),
  };
}

async function withSnapshot(t: Test): Promise<Formed & { readonly snapshot: string }> {
  const made = await formed(t);
  const snapshot = await asked(made.coordinator);
  for (const node of made.nodes)
    if ((await node.desiredState()).snapshot?.id === snapshot) await sendAll(node, snapshot);
  return { ...made, snapshot };
}

t.test('R12, R16: a dry run of an order changes nothing, and the order itself is then carried out', async (t) => {
  const { coordinator, nodes, snapshot } = await withSnapshot(t);
  coordinator.clock.now += 100_000;
  const present = nodes.slice(0, 2);
  await reportAll(present);
  const orders = [
    [`${cluster}/members/x-k3s-m-3/replace`, {}],
    [`/v1/nodes/${nodes[2]?.id}/evict`, { lost: true }],
    [`${cluster}/restore`, { snapshot, force: true, confirm: 'x-k3s', lastSnapshot: null }],
  ] as const;
  const before = await everything(coordinator, present);
  for (const [path, body] of orders) {
    const answer = await coordinator.admin.post(path, { ...body, ...dryRun });
    t.ok([200, 204].includes(answer.status), answer.text);
    t.same(await everything(coordinator, present), before, path);
    const [entry] = (await coordinator.running.inventory.audit.list({ limit: 1, after: null })).items;
    t.match(entry, { asked: dryRun, outcome: 'done', before: null, after: null });
  }
  for (const [path, body] of orders) {
    const answer = await coordinator.admin.post(path, body);
    t.ok([200, 204].includes(answer.status), answer.text);
  }
});

t.test('a dry run is refused as the order itself would be', async (t) => {
  const { coordinator, nodes, snapshot } = await withSnapshot(t);
  await reportAll(nodes);
  for (const [path, body, code] of [
    [`${cluster}/members/nope/replace`, {}, 'member_not_declared'],
    [`${cluster}/reset`, {}, 'reset_needs_name'],
    [`${cluster}/restore`, { snapshot }, 'restore_needs_name'],
    [`${cluster}/restore`, { snapshot: 'nobody00' }, 'not_found'],
    [`/v1/nodes/${nodes[0]?.id}/evict`, { lost: true }, 'node_heard'],
    [`/v1/nodes/${nodes[0]?.id}/evict`, {}, 'node_has_incarnation'],
  ] as const) {
    const before = await stored(coordinator);
    const judged = await coordinator.admin.post(path, { ...body, ...dryRun });
    t.match(judged.json(), { code }, path);
    t.equal((await coordinator.admin.post(path, body)).text, judged.text);
    t.same(await stored(coordinator), before);
  }
});

t.test('R8: a dry run needs the role of the order', async (t) => {
  const { coordinator, nodes, snapshot } = await withSnapshot(t);
  const operator = await coordinator.operator('operator');
  for (const [path, body] of [
    [`${cluster}/members/x-k3s-m-3/replace`, {}],
    [`${cluster}/reset`, {}],
    [`${cluster}/restore`, { snapshot }],
    [`/v1/nodes/${nodes[2]?.id}/evict`, {}],
  ] as const)
    t.match((await operator.post(path, { ...body, ...dryRun })).json(), { code: 'not_permitted' }, path);
});

t.test('R5: a dry run takes no cluster over, also where the order itself would', async (t) => {
  const { coordinator, nodes, snapshot } = await withSnapshot(t);
  const restore = await backedUp(coordinator);
  await restore();
  const again = nodes.map((node) => nodeWith(coordinator, node));
  const report = async (node: TestNode) => node.report(voterStatus(node, 9));
  for (const node of again) await report(node);
  const present = again.slice(0, 2);
  for (const { id } of present) {
    const { keys } = (await coordinator.admin.get(`/v1/nodes/${id}/readoption`)).json<{ keys: { key: string }[] }>();
    await coordinator.admin.post(`/v1/nodes/${id}/readoption`, { key: keys[0]?.key });
  }
  coordinator.clock.now += orderOverAfter - 1_000;
  for (const node of present) await report(node);
  // Now no order of the lost coordinator is valid any longer, and nothing has happened since.
  coordinator.clock.now += 2_000;
  const before = await stored(coordinator);
  const isFrozen = () => coordinator.running.executor.situation('x-k3s').record.progress.frozen !== null;
  const order = (body: object) => coordinator.admin.post(`${cluster}/restore`, { snapshot, ...body });
  const judged = await order(dryRun);
  t.match(judged.json(), { code: 'restore_needs_name' });
  t.same([await stored(coordinator), isFrozen()], [before, true]);
  await coordinator.running.tick();
  t.same([(await order(dryRun)).text, isFrozen()], [judged.text, false], 'the same as after it is taken over');
});
