import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { RehearsalView, SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { wayOfTheSilent } from '@picket/shared/reasons/long-silence.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { impatientCoordinator } from '../support/changed-coordinator.ts';
import { type Fleet, killAllBelow, type Machine } from '../support/fleet.ts';
import { cluster, eventsOf, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { printedError } from '../support/printed-error.ts';
import { programs } from '../support/programs.ts';
import { startS3Server } from '../support/s3-server.ts';
import { isEvent, isReason } from '../support/told.ts';
import { until } from '../support/until.ts';

t.test('restore drill: a snapshot outlives its cluster, in a store of its own', async (t) => {
  const folder = t.testdir();
  const store = await startS3Server({ folder });
  t.teardown(() => store.stop());
  // What counts is that nobody is evicted who was heard, and not how long ago that must be.
  const coordinator = await impatientCoordinator(folder, { freshFor: 12_000, longestAgentPause: 10_000 });
  const fleet = await fleetOf(t, {
    programs: { ...programs, coordinator },
    settings: [
      ...['snapshotStore:', `  endpoint: ${store.url}`, `  bucket: ${store.bucket}`, '  prefix: home/'],
      `  credentialsFile: ${store.writeKey(folder)}`,
    ],
  });
  const [machine] = fleet.machines as [Machine];
  const picket = async (...args: string[]) => {
    const { code, stdout, stderr } = await fleet.picket(...args);
    if (code !== 0) throw new Error(`picket ${args.join(' ')}:\n${stderr}`);
    return stdout;
  };
  await joinAll(fleet);
  await healthy(fleet);
  // More than crosses the wire at once.
  for (let number = 0; number < 12; number += 1) await put(fleet, `k${number}`, String(number).padEnd(100_000, 'x'));
  const before = await contents(fleet, machine);
  const first = await clusterIdOf(fleet);

  const snapshot = JSON.parse(await picket('snapshot', 'take', cluster, '--output', 'json')) as SnapshotView;
  await t.test('a snapshot is taken of a follower, checked, listed, verified and downloaded', async (t) => {
    t.match(snapshot, { cluster, clusterId: first, formation: 1, why: reason('asked_for', { by: 'operator admin' }) });
    t.equal(snapshot.checkedBy, 'etcdutl');
    // etcdutl of 3.6 counts users' keys alone, that of 3.5 all that the database holds.
    t.ok((snapshot.totalKeys ?? 0) >= before.keys.length, `${snapshot.totalKeys} entries`);
    t.equal(snapshot.revision, before.revision);
    t.ok(snapshot.sizeBytes > 1_000_000);
    const { members } = await fleet.status(cluster);
    const taker = members.find(({ name }) => name === snapshot.member);
    t.not(taker?.status?.etcd?.leader, taker?.memberId, 'the leader has enough to do');
    const object = `s3://${store.bucket}/home/${cluster}/${snapshot.id}.db`;
    await until(
      'the store has it, and the coordinator no more',
      async () => (await picket('snapshot', 'list', cluster)).includes(object) && (await filesHere(fleet)).length === 0,
      { within: 60_000, every: 1000 },
    );
    t.match(await picket('snapshot', 'verify', snapshot.id), /has not changed since it was taken/);
    const file = join(fleet.folder, 'snapshot.db');
    await picket('snapshot', 'download', snapshot.id, file);
    t.equal(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
      snapshot.sha256,
    );
    const again = await fleet.picket('snapshot', 'download', snapshot.id, file);
    t.equal(again.code, 1);
    t.same(printedError(again.stderr), { code: 'file_exists', facts: { path: file } });
  });

  await t.test(
    'a restore is rehearsed with a snapshot of the store, and leaves nothing on the coordinator',
    async (t) => {
      const rehearsed = JSON.parse(await picket('snapshot', 'rehearse', cluster, '--output', 'json')) as RehearsalView;
      const { revision, keys } = before;
      t.match(rehearsed, { snapshot: snapshot.id, etcdVersion: snapshot.etcdVersion, revision, keys: keys.length });
      t.strictSame(await filesHere(fleet), []);
      t.notOk((await readdir(join(fleet.folder, 'coordinator'))).includes('rehearsal'));
      t.strictSame((await fleet.status(cluster)).rehearsed, rehearsed);
    },
  );

  await t.test(
    'R16: a cluster that takes writes is restored only by force and its name, and then on the nodes that it had',
    async (t) => {
      await put(fleet, 'later', 'lost by the restore');
      for (const word of [['--yes'], ['--yes', '--force']]) {
        const refused = await fleet.picket('cluster', 'restore', cluster, '--snapshot', snapshot.id, ...word);
        t.equal(refused.code, 1);
        t.match(printedError(refused.stderr), { code: 'restore_needs_name', facts: { cluster } });
      }
      await picket('cluster', 'restore', cluster, '--snapshot', snapshot.id, '--force', '--confirm', cluster);
      await founded(fleet, 2);
      t.same(
        (await contentsOnce(fleet, machine)).keys,
        before.keys,
        'all that the snapshot has is there, and nothing else',
      );
      t.not(await clusterIdOf(fleet), first, 'it is another cluster');
    },
  );

  await t.test(
    'R1, R4: a cluster of which nothing is left is restored on new disks under the same names',
    async (t) => {
      await put(fleet, 'later', 'lost by the restore');
      await Promise.all(fleet.machines.map((one) => destroy(fleet, one)));
      // Its members were heard of a moment ago, and no last snapshot of them can be taken any more.
      const known = ['--force', '--confirm', cluster, '--without-snapshot'];
      await picket('cluster', 'restore', cluster, '--snapshot', snapshot.id, ...known);
      const { waitsFor } = await fleet.status(cluster);
      // For all that is known, it may come back: its wait names no command that gives it up.
      const [wait] = waitsFor;
      t.match(wait, { code: 'former_etcd_stops', facts: { member: 'x-k3s-m-1' } });
      const { unheard, nodeId } = (wait?.facts ?? {}) as {
        readonly unheard: AnyReason | null;
        readonly nodeId: string;
      };
      t.equal(unheard === null ? '' : wayOfTheSilent(unheard, nodeId), '');
      const { items } = JSON.parse(await picket('node', 'list', cluster, '--output', 'json')) as Page<NodeView>;
      for (const { id } of items) {
        const evicted = await until(
          'it is not heard any more',
          async () => {
            const { code, stderr } = await fleet.picket('node', 'evict', id, '--lost', '--yes');
            return (code === 0 || printedError(stderr)?.code !== 'node_heard') && { code, stderr };
          },
          { within: 120_000, every: 2000 },
        );
        t.equal(evicted.code, 0, evicted.stderr);
      }
      await joinAll(fleet);
      await founded(fleet, 3);
      await healthy(fleet);
      const after = await contents(fleet, machine);
      t.same(after.keys, before.keys);
      t.equal(after.hash, before.hash, 'the data is the same by its hash');
      t.ok(after.revision > before.revision + 1_000_000_000 - 1, 'revisions go on where none has been before');
      const watch = await fleet.etcdctl(
        machine,
        '--command-timeout=10s',
        'watch',
        'k1',
        '--rev',
        String(before.revision),
      );
      t.match(`${watch.stdout}${watch.stderr}`, /required revision has been compacted/, 'and a watcher notices');
      const { notices } = await fleet.status(cluster);
      t.ok(notices.some(isReason('restored_from_snapshot', { snapshot: snapshot.id })));
      const restores = await eventsOf(fleet, { kinds: ['restore'] });
      t.ok(restores.some(isEvent('restore', { formations: 2, snapshot: snapshot.id })));
    },
  );
});

async function put(fleet: Fleet, key: string, value: string): Promise<void> {
  const [machine] = fleet.machines as [Machine];
  const { code, stderr } = await fleet.etcdctl(machine, 'put', key, value);
  if (code !== 0) throw new Error(stderr);
}

interface Contents {
  readonly revision: number;
  readonly keys: readonly string[];
  /** Of all keys with their values and revisions. */
  readonly hash: string;
}

async function contents(fleet: Fleet, machine: Machine): Promise<Contents> {
  const { stdout, code, stderr } = await fleet.etcdctl(machine, 'get', '', '--from-key', '--write-out', 'json');
  if (code !== 0) throw new Error(stderr);
  const { header, kvs } = JSON.parse(stdout) as { header: { revision: number }; kvs: { key: string }[] };
  return {
    revision: header.revision,
    keys: kvs.map(({ key }) => Buffer.from(key, 'base64').toString()),
    hash: createHash('sha256').update(JSON.stringify(kvs)).digest('hex'),
  };
}

function filesHere(fleet: Fleet): Promise<string[]> {
  return readdir(join(fleet.folder, 'coordinator/snapshots'));
}

async function clusterIdOf(fleet: Fleet): Promise<string | null> {
  return (await fleet.status(cluster)).clusterId;
}

/** Resolves once somebody has founded this formation. */
async function founded(fleet: Fleet, formation: number): Promise<void> {
  await until(
    `formation ${formation} has begun`,
    async () => {
      const { clusterId, notices } = await fleet.status(cluster);
      return clusterId !== null && notices.some(isReason('restored_from_snapshot', { formations: formation }));
    },
    { within: 60_000, every: 300 },
  );
}

/** As `contents`, once this machine's etcd serves. */
function contentsOnce(fleet: Fleet, machine: Machine): Promise<Contents> {
  return until(`${machine.name} serves`, () => contents(fleet, machine), { within: 60_000, every: 300 });
}

/** The machine is gone, and another of its name is there. */
async function destroy(fleet: Fleet, machine: Machine): Promise<void> {
  await machine.stopAgent('SIGKILL');
  await killAllBelow(join(fleet.folder, machine.name));
  await rm(machine.stateDir, { recursive: true });
  await rm(machine.etcDir, { recursive: true });
  await mkdir(machine.etcDir);
}
