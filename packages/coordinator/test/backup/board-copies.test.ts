import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupCopy } from '@picket/shared/protocol/backup-copies.ts';
import type { BackupsView } from '@picket/shared/protocol/backups.ts';
import type { ReportAnswer } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import t, { type Test } from 'tap';
import { boardsTarget } from '../../src/backup/boards-target.ts';
import { parseConfig } from '../../src/config/config.ts';
import { freezeIdentity } from '../../src/identity/freeze-identity.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode, nodeWith, type TestNode } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { wireRefusal } from '../support/said.ts';

const minute = 60_000;

/** Three boards that report to a coordinator which wants two copies, the ones that it chooses first. */
async function setUp(t: Test) {
  const recipients = [await identityToRecipient(await generateX25519Identity())];
  const backup = { targets: [{ boards: 2 }], everyHours: 24, keep: 30, recipients };
  const coordinator = await testCoordinator(t, undefined, { backup });
  await createCluster(coordinator);
  const joined = [await joinNode(coordinator, 1), await joinNode(coordinator, 2), await joinNode(coordinator, 3)];
  const nodes = joined.sort((one, other) => (one.id < other.id ? -1 : 1));
  const { admin, clock, running } = coordinator;
  const pass = async (minutes: number) => {
    clock.now += minutes * minute;
    await running.tick();
    await running.backups.idle();
  };
  await pass(0);
  await Promise.all(nodes.map(orderTo));
  await pass(2);
  const shown = async () => (await admin.get('/v1/backups')).json<BackupsView>();
  return { coordinator, nodes: nodes as [TestNode, TestNode, TestNode], pass, shown };
}

/** The copy that a report is answered with. */
async function orderTo(node: TestNode): Promise<BackupCopy | null> {
  return (await node.report()).json<ReportAnswer>().backupCopy ?? null;
}

async function keep({ client }: TestNode, { sha256 }: BackupCopy): Promise<void> {
  const answer = await client.post(`/v1/node/backups/${sha256}`, {});
  if (answer.status !== 200) throw new Error(answer.text);
}

t.test('so many boards are asked for a copy, fetch it whole, and are asked no more', async (t) => {
  const { nodes, shown, pass } = await setUp(t);
  const orders = await Promise.all(nodes.map(orderTo));
  const [order, same, none] = orders as [BackupCopy, BackupCopy, null];
  t.match(order.name, /^picket-[0-9a-z]{20}-\d{8}T\d{6}Z\.tar\.gz\.age$/);
  t.strictSame([same, none], [order, null]);
  for (const node of nodes.slice(0, 2)) {
    const parts: Buffer[] = [];
    for (let offset = 0, part = Buffer.alloc(1); part.length > 0; offset += part.length) {
      part = Buffer.from((await node.client.get(`/v1/node/backups/${order.sha256}?offset=${offset}`)).octets());
      parts.push(part);
    }
    const whole = Buffer.concat(parts);
    t.equal(whole.length, order.sizeBytes);
    t.equal(createHash('sha256').update(whole).digest('hex'), order.sha256);
    await keep(node, order);
  }
  t.strictSame(await Promise.all(nodes.map(orderTo)), [null, null, null]);
  const held = nodes
    .slice(0, 2)
    .map(({ name }) => name)
    .sort();
  t.match(await shown(), { targets: [{ target: 'the boards', count: 1, boards: { wanted: 2, held }, failure: null }] });

  await pass(25 * 60);
  await Promise.all(nodes.map(orderTo));
  const [next] = await Promise.all(nodes.map(orderTo));
  t.not(next?.sha256, order.sha256, 'the next day they get the next one');
  t.match(await shown(), { targets: [{ count: 0, boards: { wanted: 2, held: [] } }] });
});

t.test('a backup is as old as when it was made, however late a board fetches it', async (t) => {
  const { nodes, shown, pass } = await setUp(t);
  const [order] = (await Promise.all(nodes.map(orderTo))) as [BackupCopy];
  await pass(10);
  await keep(nodes[0], order);
  const { lastAt, targets } = await shown();
  t.equal(lastAt, targets[0]?.lastAt);
});

t.test('R8: a board reads only the newest backup, and only one that is to have a copy', async (t) => {
  const { nodes } = await setUp(t);
  const [first, , third] = nodes;
  const order = (await orderTo(first)) as BackupCopy;
  const refused = async ({ client }: TestNode, sha256: string) => {
    const [got, told] = [
      await client.get(`/v1/node/backups/${sha256}?offset=0`),
      await client.post(`/v1/node/backups/${sha256}`, {}),
    ];
    for (const answer of [got, told]) t.match(answer.json(), wireRefusal('backup_copy_not_wanted', { sha256 }));
  };
  await refused(third, order.sha256);
  await refused(first, 'a'.repeat(64));
});

t.test(
  'another board is asked if one takes no copy, and the coordinator reports that copies are missing',
  async (t) => {
    const { nodes, pass, shown } = await setUp(t);
    const [first, second, third] = nodes;
    const order = (await orderTo(first)) as BackupCopy;
    await orderTo(second);
    await keep(first, order);
    await pass(21);
    for (const node of nodes) await orderTo(node);
    t.strictSame(await orderTo(third), order);
    t.equal(await orderTo(second), null);
    await pass(40);
    for (const node of nodes) await orderTo(node);
    const problem = 'Only 1 of 2 boards are known to have the newest backup of the coordinator.';
    const [target] = (await shown()).targets;
    t.match(target?.failure?.reason.message, problem);
  },
);

t.test('R15: a node whose key is frozen, because a copy of it may run, gets no backup', async (t) => {
  const { coordinator, nodes } = await setUp(t);
  const [first] = nodes;
  const { sha256 } = (await orderTo(first)) as BackupCopy;
  const { directory, inventory } = coordinator.running;
  await freezeIdentity({ directory, inventory, now: () => coordinator.clock.now }, first.id, reason('two_runs_report'));
  t.equal(await orderTo(first), null);
  const { client, id: nodeId } = first;
  for (const answer of [
    await client.get(`/v1/node/backups/${sha256}?offset=0`),
    await client.post(`/v1/node/backups/${sha256}`, {}),
  ])
    t.match(answer.json(), { code: 'identity_frozen', details: { nodeId } });
});

t.test('R5: a node that waits for its re-adoption gets no backup', async (t) => {
  const { coordinator, nodes } = await setUp(t);
  const restore = await backedUp(coordinator);
  await restore();
  const first = nodeWith(coordinator, nodes[0]);
  await coordinator.running.tick();
  await coordinator.running.backups.idle();
  await orderTo(first);
  coordinator.clock.now += 2 * minute;
  t.equal(await orderTo(first), null);
  const answer = await first.client.get(`/v1/node/backups/${'ab'.repeat(32)}?offset=0`);
  t.match(answer.json(), wireRefusal('node_awaits_readoption', { nodeId: first.id }));
});

t.test('a coordinator that starts again asks the same boards, and believes what they say', async (t) => {
  const { coordinator, nodes } = await setUp(t);
  const order = (await orderTo(nodes[0])) as BackupCopy;
  await keep(nodes[0], order);
  await coordinator.restart();
  const again = nodes.map((node) => nodeWith(coordinator, node));
  await coordinator.running.tick();
  await coordinator.running.backups.idle();
  t.strictSame(await Promise.all(again.map(orderTo)), [null, null, null], 'none is asked before all have reported');
  coordinator.clock.now += 3 * minute;
  t.strictSame(await Promise.all(again.map(orderTo)), [order, order, null]);
});

t.test('R19: missing copies are reported even if no board reports and newer backups are made', async (t) => {
  const { coordinator, pass, shown } = await setUp(t);
  t.match(await shown(), { targets: [{ count: 0, lastAt: null, failure: null }] });
  await pass(40);
  await createCluster(coordinator, {
    name: 'other',
    members: [{ name: 'other-1', address: '192.168.7.21' }],
  });
  await pass(1);
  await pass(25);
  const [target] = (await shown()).targets;
  t.match(target?.failure?.reason.message, 'Only 0 of 2 boards are known to have the newest backup');
});

t.test('the board of the coordinator itself gets no copy', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'picket-copies-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const name = 'picket-abc-20261203T031500Z.tar.gz.age';
  writeFileSync(join(folder, name), 'encrypted');
  const clock = { up: 0 };
  const target = boardsTarget(2, {
    ...{ folder, inventory: 'abc', monotonic: () => clock.up, hasClusters: () => true, isRecorded: () => true },
    isHere: (address) => address === '192.168.7.10',
    stored: async () => undefined,
  });
  await target.list();
  clock.up = 2 * minute;
  t.equal(target.orderFor({ nodeId: 'a', member: 'x-k3s-m-1', address: '192.168.7.10' }), null);
  t.match(target.orderFor({ nodeId: 'b', member: 'x-k3s-m-2', address: '192.168.7.11' }), { name });
});

t.test('boards get a copy every six hours at most, for the cards', (t) => {
  const recipients = `recipients: [age1${'q'.repeat(58)}]`;
  const config = `hosts: [picket.home]\nbackup: { targets: [{ boards: 2 }], ${recipients}, everyHours: 5 }\n`;
  t.throws(() => parseConfig(config, 'coordinator.yml'), {
    code: 'config_invalid',
    facts: { problem: /every 6 hours/ },
  });
  t.end();
});

t.test('copies on boards are encrypted or none', (t) => {
  const config = (more: string) => `hosts: [picket.home]\nbackup:\n  targets: [{ boards: 2 }]\n${more}`;
  t.throws(() => parseConfig(config(''), 'coordinator.yml'), {
    code: 'config_invalid',
    facts: { problem: /which get only encrypted backups/ },
  });
  t.ok(parseConfig(config(`  recipients: [age1${'q'.repeat(58)}]\n`), 'coordinator.yml'));
  t.end();
});
