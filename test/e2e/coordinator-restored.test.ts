import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readCredential } from '@picket/shared/pki/credential.ts';
import t from 'tap';
import { type Finished, runToEnd } from '../support/children.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, eventsOf, fleetOf, healthy } from '../support/fleet-of-test.ts';
import { startFleetWriter } from '../support/fleet-writer.ts';
import { printedError } from '../support/printed-error.ts';
import { programs } from '../support/programs.ts';
import { isEvent, isReason, tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';

t.test('a coordinator that was restored from an older backup takes its nodes up again', async (t) => {
  // The third has its identity from a coordinator of 25 days ago, so that its agent renews it as soon as it runs.
  const coordinatorDays = { ahead: -25 };
  const fleet = await fleetOf(t, { coordinatorDays });
  const [first, second, third] = fleet.machines as [Machine, Machine, Machine];
  await joinByOneToken(fleet, [third]);
  await fleet.stopCoordinator();
  coordinatorDays.ahead = 0;
  await fleet.startCoordinator();
  await joinByOneToken(fleet, [first]);
  first.startAgent();
  await until('the first member serves', async () => (await phases(fleet))[0] === 'voter', { within: 60_000 });

  const archive = join(fleet.folder, 'backup.tar.gz');
  await t.test('R12: a backup is made while the coordinator serves, and never over another', async (t) => {
    const made = await coordinator(fleet, 'backup', archive);
    t.match(made, { code: 0, stdout: /read back\nnot in it: the passphrase/ }, made.stderr);
    t.equal((await stat(archive)).mode & 0o777, 0o600);
    const again = await coordinator(fleet, 'backup', archive);
    t.equal(again.code, 1);
    t.same(printedError(again.stderr), { code: 'backup_exists', facts: { path: archive } });
  });

  const before = await keyOf(third);
  await joinByOneToken(fleet, [second]);
  for (const machine of [second, third]) machine.startAgent();
  await healthy(fleet);
  await until('the third has renewed its identity', async () => (await keyOf(third)) !== before, { within: 90_000 });
  const lostToken = await fleet.joinString(cluster);

  const pids = await Promise.all(fleet.machines.map(etcdPids));
  const seen = await Promise.all(fleet.machines.map(journalOf));
  const writer = startFleetWriter(fleet, fleet.machines);
  t.teardown(() => writer.stop());

  const dataDir = join(fleet.folder, 'coordinator');
  const lost = join(fleet.folder, 'lost');
  await t.test('R5: restored, it freezes the cluster, says what to do, and lets no unknown key in', async (t) => {
    const refused = await coordinator(fleet, 'restore', archive);
    t.equal(refused.code, 1);
    t.match(printedError(refused.stderr), {
      code: 'coordinator_not_restored',
      facts: { dataDir, problem: /^a coordinator, or a part of one, exists already/ },
    });
    await fleet.stopCoordinator('SIGKILL');
    await rename(dataDir, lost);
    const restored = await coordinator(fleet, 'restore', archive);
    t.match(restored, { code: 0, stdout: /frozen until their nodes are re-adopted: x-k3s/ }, restored.stderr);
    await fleet.startCoordinator();
    const status = await until(
      'all show themselves',
      async () => {
        const now = await fleet.status(cluster);
        return (
          now.notices.filter((one) => hasShownOneKey(one) || isReason('newer_node_shows_itself')(one)).length === 3 &&
          now
        );
      },
      { within: 60_000, every: 500 },
    );
    t.equal(status.state, 'frozen');
    t.match(status.waitsFor[0], { code: 'cluster_frozen', facts: { why: { code: 'restored_from_backup' } } });
    t.ok(status.notices.some(isReason('node_to_readopt', { name: third.name, keys: 1, isKnown: false })));
    t.ok(status.notices.some(isReason('newer_node_shows_itself', { name: second.name })));
    const { code, stderr } = await second.join(lostToken, { args: ['--again'] });
    t.equal(code, 1);
    t.match(printedError(stderr), { code: 'token_unknown' }, 'a token made since is not known');
  });

  await t.test('R3, R5: node by node, until a majority of etcd’s voters says what is', async (t) => {
    const id = await nodeIdOf(second);
    const joined = await second.join(await fleet.joinString(cluster, '--member', second.name), { args: ['--again'] });
    t.equal(joined.code, 0, joined.stderr);
    t.equal(await nodeIdOf(second), id, 'it stays the node that it was');
    const members = (await fleet.status(cluster)).members.filter(({ name }) => name !== second.name);
    const ids = members.map(({ nodeId }) => nodeId ?? '');
    for (const [index, id] of ids.entries()) {
      t.equal((await fleet.status(cluster)).state, 'frozen', `frozen before ${index + 1} of them are taken up`);
      const unasked = await fleet.picket('node', 'readopt', id);
      t.equal(unasked.code, 1);
      t.match(printedError(unasked.stderr), { code: 'not_confirmed' });
      const taken = await fleet.picket('node', 'readopt', id, '--yes');
      t.match(taken, { code: 0, stderr: /is re-adopted/ }, taken.stderr);
      t.comment(taken.stderr);
    }
    await healthy(fleet);
    const events = await eventsOf(fleet);
    const changes = [second, third].map(({ name }) => ({ code: 'is_member', facts: { member: name, phase: 'voter' } }));
    t.ok(events.some(isEvent('taken-over', { changes })));
    t.ok(events.some(isEvent('node-readopted', { name: third.name, isOfBackup: false })));
    t.notOk(events.some(isEvent('identity-frozen')));
  });

  await t.test('R1, R5: nothing went backwards, and no etcd was touched', async (t) => {
    for (const [index, machine] of fleet.machines.entries()) {
      const now = await until(
        `${machine.name} follows the restored coordinator`,
        async () => {
          const journal = await journalOf(machine);
          return journal.epoch !== null && journal.generationApplied === journal.generationSeen && journal;
        },
        { within: 60_000, every: 300 },
      );
      t.ok(now.generationSeen > (seen[index]?.generationSeen ?? 0), 'its generations go on above what it had seen');
      t.same(now.incarnations, seen[index]?.incarnations, 'no other incarnation was made');
    }
    t.same(await Promise.all(fleet.machines.map(etcdPids)), pids);
  });

  await t.test('R5: the lost coordinator, come back, is not followed any more', async (t) => {
    await fleet.stopCoordinator();
    await rm(dataDir, { recursive: true });
    await rename(lost, dataDir);
    await fleet.startCoordinator();
    const reason = await until(
      'it is frozen',
      async () => (await fleet.status(cluster)).waitsFor.find(({ code }) => code === 'cluster_frozen'),
      { within: 60_000, every: 500 },
    );
    t.ok(tellsOf('follows_later_epoch')(reason));
    t.same(await Promise.all(fleet.machines.map(etcdPids)), pids);
  });

  const { findings, acknowledged, gap } = await writer.stop();
  t.same(findings, [], 'no acknowledged write is lost');
  t.ok(acknowledged > 0);
  t.comment(`${acknowledged} acknowledged writes, longest gap ${gap} ms`);
});

/** Of a notice: that the node waits for its re-adoption, and has shown one key. */
const hasShownOneKey = isReason('node_to_readopt', { keys: 1 });

async function joinByOneToken(fleet: Fleet, machines: readonly Machine[]): Promise<void> {
  const token = await fleet.joinString(cluster, '--uses', String(machines.length));
  for (const machine of machines) {
    const joined = await machine.join(token);
    if (joined.code !== 0) throw new Error(joined.stderr);
  }
}

function coordinator({ folder }: Fleet, ...args: string[]): Promise<Finished> {
  return runToEnd(process.execPath, [programs.coordinator, ...args, '--config', join(folder, 'coordinator.yml')]);
}

async function phases(fleet: Fleet): Promise<readonly string[]> {
  return (await fleet.status(cluster)).members.map(({ phase }) => phase);
}

async function keyOf({ stateDir }: Machine): Promise<string> {
  return readCredential(await readFile(join(stateDir, 'identity.pem'), 'utf8')).certificate.spkiHash;
}

async function nodeIdOf({ stateDir }: Machine): Promise<string> {
  return (JSON.parse(await readFile(join(stateDir, 'node.json'), 'utf8')) as { nodeId: string }).nodeId;
}

interface JournalText {
  readonly epoch: object | null;
  readonly generationSeen: number;
  readonly generationApplied: number;
  readonly incarnations: object;
}

async function journalOf({ stateDir }: Machine): Promise<JournalText> {
  return JSON.parse(await readFile(join(stateDir, 'journal.json'), 'utf8')) as JournalText;
}
