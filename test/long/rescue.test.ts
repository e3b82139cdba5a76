import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterState } from '@picket/shared/protocol/clusters.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { SnapshotState, SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { etcdPids } from '../support/etcd-processes.ts';
import { type Fleet, killAllBelow, type Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { readHistory } from '../support/history-file.ts';
import { printedError } from '../support/printed-error.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';
import { anyText, wordsLike } from '../support/words-like.ts';
import { writerDefaults } from '../support/writer.ts';

const within = 120_000;

t.test('R16: two of three boards are destroyed under load, and the survivor’s data is rescued', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);
  const [survivor, second, third] = fleet.machines as [Machine, Machine, Machine];
  const usual = JSON.parse(await picket(fleet, 'snapshot', 'take', cluster, '--output', 'json')) as SnapshotView;
  const refused = await fleet.picket('snapshot', 'take', cluster, '--without-quorum');
  t.equal(refused.code, 1);
  const serves = wordsLike(reason('quorum_serves', { cluster, serving: anyText, wait: anyText }));
  t.match(printedError(refused.stderr)?.facts, { reason: serves });

  // A leader has applied each write before it acknowledges it.
  await leads(fleet, survivor);
  const traffic = startTraffic(t, fleet);
  await until('there are writes', () => traffic.acknowledged() > 40, { within, every: 200 });
  const rescue = await rescued(t, fleet);
  t.ok(rescue.revision > usual.revision);
  await healthy(fleet, within);
  const before = traffic.acknowledged();
  await until('there are writes again', () => traffic.acknowledged() > before + 20, { within, every: 200 });
  await traffic.check(t, { restored: true });
  const { items } = await fleet.ask((api) => api.list('snapshots', { cluster }));
  const why = items
    .map((one) => one.why)
    .find(isReason('without_quorum', { by: 'operator admin', member: survivor.name }));
  if (why === undefined) throw new Error('it is not listed');
  const { unasked } = why.facts as {
    readonly unasked: readonly { readonly member: string; readonly isLost: boolean }[];
  };
  const lost = unasked.filter(({ isLost }) => isLost).map(({ member }) => member);
  t.same(lost.sort(), [second.name, third.name]);
  t.match(await picket(fleet, 'snapshot', 'list', cluster), inWords(why));
});

t.test('a survivor that followed: the cluster has what it had applied, and no more may be promised', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);
  const [survivor, second] = fleet.machines as [Machine, Machine];
  await leads(fleet, second);
  const traffic = startTraffic(t, fleet);
  await until('there are writes', () => traffic.acknowledged() > 40, { within, every: 200 });
  let own = 0;
  await rescued(t, fleet, async () => {
    const { stdout } = await fleet.etcdctl(
      survivor,
      ...['get', '--consistency=s', '--print-value-only', writerDefaults.key],
    );
    own = Number(stdout);
  });
  await healthy(fleet, within);
  const before = traffic.acknowledged();
  await until('there are writes again', () => traffic.acknowledged() > before + 20, { within, every: 200 });
  const history = readHistory(join(fleet.folder, 'history.jsonl')).filter(({ outcome }) => outcome === 'ok');
  const [former] = history;
  const written = history.filter(({ kind, clusterId }) => kind === 'put' && clusterId === former?.clusterId);
  const found = history.find(({ clusterId }) => clusterId !== former?.clusterId)?.value ?? 0;
  const lost = written.filter(({ value }) => value > found);
  t.comment(`${lost.length} of ${written.length} acknowledged writes are missing`);
  t.ok(own > 0 && found >= own, `it had applied ${own}, and ${found} was found`);
});

t.test('with etcd’s authentication on, and Picket let in, the survivor gives its snapshot too', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);
  const [survivor] = fleet.machines as [Machine];
  for (const args of [
    ['put', 'last', 'write'],
    ['user', 'add', 'root', '--no-password'],
    ['user', 'grant-role', 'root', 'root'],
    ['user', 'add', 'picket-agent', '--no-password'],
    ['user', 'grant-role', 'picket-agent', 'root'],
    ['auth', 'enable'],
  ]) {
    const { code, stderr } = await fleet.etcdctl(survivor, ...args);
    if (code !== 0 && !stderr.includes('already')) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
  }
  await healthy(fleet, within);
  t.match(await rescued(t, fleet), { why: { code: 'without_quorum' } });
});

t.test('R16: an evicted machine runs again before the restore, and status leads back to the rescue', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);
  const [survivor, second, third] = fleet.machines as [Machine, Machine, Machine];
  const gone = [second.name, third.name];
  await Promise.all([second, third].map(switchOff));
  const inDoubt = async () => {
    const { headline } = await fleet.status(cluster);
    return headline.code === 'quorum_in_doubt' && (headline.facts as { silent: string[] }).silent;
  };
  t.same(await until('status names who may be down', inDoubt, { within: 35_000, every: 200 }), gone);
  for (const name of gone) t.match(await evictLost(fleet, name), /^Join no new machine yet: /m);

  second.startAgent();
  await next(fleet, `picket snapshot take ${cluster}`, { state: 'at-risk' });
  t.match((await fleet.status(cluster)).headline, { code: 'lost_one_serves', facts: { lost: gone } });
  await picket(fleet, 'snapshot', 'take', cluster);
  await next(fleet, `picket status ${cluster} --watch`, { state: 'at-risk' });
  await Promise.all([second, third].map(destroy));
  await restoredFromSurvivor(t, fleet, [survivor, second, third]);
  await healthy(fleet, within);
});

/** Destroys all machines but the first, and goes the way that `picket status` shows, to new boards. */
async function rescued(t: Test, fleet: Fleet, meanwhile = async (): Promise<void> => {}): Promise<SnapshotView> {
  const [survivor, ...others] = fleet.machines as [Machine, ...Machine[]];
  const ids = await nodeIds(fleet);
  const { last } = await fleet.ask((api): Promise<SnapshotState> => api.snapshotState({ name: cluster }));
  await Promise.all(others.map(destroy));
  await meanwhile();
  await next(fleet, /^picket-agent status$/, { message: 'silence is not loss' });
  for (const { name } of others) await evictLost(fleet, ids.get(name) ?? '');
  return restoredFromSurvivor(t, fleet, [survivor, ...others], last?.id);
}

/**
 * Goes the way that `picket status` shows, from the snapshot of the first machine to new boards for the others.
 *
 * @param lastOne the last snapshot of the serving cluster, if the test knows it
 */
async function restoredFromSurvivor(
  t: Test,
  fleet: Fleet,
  [survivor, ...others]: [Machine, ...Machine[]],
  lastOne?: string,
): Promise<SnapshotView> {
  await next(fleet, `picket snapshot take ${cluster} --without-quorum`);
  const taken = await picket(fleet, 'snapshot', 'take', cluster, '--without-quorum');
  const { items } = await fleet.ask((api) => api.list('snapshots', { cluster }));
  const rescue = items.find(({ why }) => why.code === 'without_quorum');
  if (rescue === undefined) throw new Error('it is not listed');
  t.match(rescue.why.facts, { member: survivor.name });
  t.match(taken, inWords(rescue.why));
  const state = await fleet.ask((api): Promise<SnapshotState> => api.snapshotState({ name: cluster }));
  if (lastOne !== undefined) t.equal(state.last?.id, lastOne, 'it is not the last one of a serving cluster');
  t.not(state.last?.id, rescue.id);

  const args = ['cluster', 'restore', cluster, '--snapshot', rescue.id];
  await next(fleet, `picket ${args.join(' ')}`);
  const restored = await fleet.picket(...args, '--yes');
  t.equal(restored.code, 0, restored.stderr);
  t.match(restored.stderr, `Writes that etcd acknowledged are missing if ${survivor.name} had not applied them`);
  for (const machine of others) {
    await newBoard(machine);
    const joined = await machine.join(await fleet.joinString(cluster, '--member', machine.name));
    t.equal(joined.code, 0, joined.stderr);
    machine.startAgent();
  }
  return rescue;
}

async function picket(fleet: Fleet, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await fleet.picket(...args);
  if (code !== 0) throw new Error(`picket ${args.join(' ')}:\n${stderr}`);
  return stdout;
}

async function nodeIds(fleet: Fleet): Promise<ReadonlyMap<string | null, string>> {
  const { items } = JSON.parse(await picket(fleet, 'node', 'list', cluster, '--output', 'json')) as Page<NodeView>;
  return new Map(items.map(({ id, member }) => [member, id]));
}

/** Resolves once this machine's etcd leads. */
async function leads(fleet: Fleet, { name }: Machine): Promise<void> {
  const leader = async () => {
    const { members } = await fleet.status(cluster);
    const its = members.find((one) => one.name === name)?.memberId;
    const leading = members.find(({ status }) => status?.etcd != null)?.status?.etcd?.leader;
    if (its === leading) return true;
    const from = members.find(({ memberId }) => memberId === leading);
    if (from !== undefined) await fleet.etcdctl(fleet.machine(from.name), 'move-leader', its ?? '');
    return false;
  };
  await until(`${name} leads`, leader, { within, every: 2000 });
}

/** As by a power cut: no program ends in order. */
async function switchOff(machine: Machine): Promise<void> {
  await machine.stopAgent('SIGKILL');
  for (const pid of await etcdPids(machine)) process.kill(pid, 'SIGKILL');
  await killAllBelow(join(machine.stateDir, '../../..'));
}

/** As by fire: besides that, nothing is left on its disk. */
async function destroy(machine: Machine): Promise<void> {
  await switchOff(machine);
  await rm(machine.stateDir, { recursive: true });
}

async function newBoard({ etcDir }: Machine): Promise<void> {
  await rm(etcDir, { recursive: true });
  await mkdir(etcDir);
}

/** What `picket status` says to do next, once it says so. */
async function next(
  fleet: Fleet,
  command: string | RegExp,
  { message, state = 'no-quorum' }: { readonly message?: string; readonly state?: ClusterState } = {},
): Promise<void> {
  let last = '';
  const says = async () => {
    const status = await fleet.status(cluster);
    last = `${status.state}: ${status.next?.command ?? 'nothing'} (${JSON.stringify(status.headline)})`;
    const said = status.next?.command ?? '';
    return status.state === state && (typeof command === 'string' ? said === command : command.test(said));
  };
  await until(message ?? `next is ${command}`, says, { within, every: 500, lastSeen: () => last });
}

/** Its answer. */
async function evictLost(fleet: Fleet, node: string): Promise<string> {
  const evict = async () => {
    const { code, stdout, stderr } = await fleet.picket('node', 'evict', node, '--lost', '--yes');
    return (code === 0 || printedError(stderr)?.code !== 'node_heard') && { code, stdout, stderr };
  };
  const { code, stdout, stderr } = await until('it is silent', evict, { within, every: 2000 });
  if (code !== 0) throw new Error(stderr);
  return stdout;
}
