import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { snapshotOfEtcd } from '../../packages/coordinator/test/support/snapshot-of-etcd.ts';
import { howTo, same } from '../docs/how-to.ts';
import { runToEnd } from '../support/children.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, eventsOf, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { printedError } from '../support/printed-error.ts';
import { programs } from '../support/programs.ts';
import { isEvent, isReason } from '../support/told.ts';
import { until } from '../support/until.ts';

t.test('a snapshot of an etcd that was set up by hand becomes the data of a cluster', async (t) => {
  const etcd = await ensureEtcd();
  const contentOf = (key: string) => key.padEnd(50_000, 'x');
  const keys = Array.from({ length: 20 }, (_, number) => `/registry/k${String(number).padStart(2, '0')}`);
  const file = await snapshotOfEtcd(
    t,
    etcd,
    keys.map((key) => ['put', key, contentOf(key)]),
  );
  const whole = await readFile(file);
  const fleet = await fleetOf(t);
  const [machine] = fleet.machines as [Machine];
  const picket = async (...args: string[]) => {
    const { code, stdout, stderr } = await fleet.picket(...args);
    if (code !== 0) throw new Error(`picket ${args.join(' ')}:\n${stderr}`);
    return stdout;
  };
  await t.test('files that are no whole snapshot are refused, and leave nothing', async (t) => {
    const path = join(fleet.folder, 'other.db');
    const refused = async (octets: Uint8Array, why: Reason) => {
      await writeFile(path, octets);
      const { code, stderr } = await fleet.picket('snapshot', 'import', cluster, path);
      t.match(stderr, inWords(why), why.code);
      t.equal(code, 1);
    };
    await refused(whole.subarray(0, -32), reason('import_has_no_hash'));
    await refused(Buffer.from('PK\x03\x04'), reason('import_is_archive', { kind: 'zip' }));
    const changed = Buffer.from(whole);
    changed.fill(0xff, 8192, 8704);
    const problem = 'its content does not match the hash that etcd put at its end';
    await refused(changed, reason('import_is_damaged', { problem }));
    const half = await imported(fleet, whole.subarray(0, 16_384), []);
    t.match(half, { code: 1, stderr: /it is cut off: 16384 bytes arrived/ }, 'a pipe that ends early');
    t.match(await picket('snapshot', 'list', cluster), /No snapshots yet/);
  });

  /** Runs a command of the page in the folder of the file, and compares what it says; a snapshot on the page is this one. */
  const shown = async (t: Test, command: string, replace: (word: string) => string = (word) => word) => {
    const args = command.split(' ').slice(1).map(replace);
    const { code, stdout, stderr } = await fleet.picket(...args);
    // The number of entries that etcdutl counts depends on its version, and the hash on the data of this run.
    const pageSays = page
      .below(command)
      .map((line) => line.replace(/\d+ entries|is \d+(?=, as)|etcd [\d.]+(?= served)/, '…'));
    same(t, pageSays, stderr + stdout);
    t.equal(code, 0, stderr);
    return stdout;
  };
  const page = await howTo('import-a-snapshot');
  const fileOf = (word: string) => (word === 'last.db' ? file : word);
  const said = await shown(t, 'picket snapshot import x-k3s last.db', fileOf);
  const id = /imported as (\w+) of/.exec(said)?.[1] ?? '';
  const idOf = (word: string) => (/^[0-9a-f]{20}$/.test(word) ? id : word);
  await t.test('it is imported before the cluster has a member, checked, and rehearsed', async (t) => {
    const { items } = JSON.parse(await picket('snapshot', 'list', cluster, '--output', 'json')) as Page<SnapshotView>;
    const [snapshot] = items;
    t.match(snapshot, { id, cluster, member: null, clusterId: null, revision: keys.length + 1, checkedBy: 'etcdutl' });
    t.match(snapshot?.why, reason('imported', { by: 'operator admin' }));
    t.match(await picket('snapshot', 'verify', id), /etcdutl can read it/);
    await shown(t, 'picket snapshot list x-k3s');
    await shown(t, 'picket snapshot rehearse x-k3s');
    const told = await eventsOf(fleet, { kinds: ['snapshot-imported'] });
    t.ok(told.some(isEvent('snapshot-imported', { snapshot: id, by: 'operator admin' })));
  });

  await t.test('R1: a restore onto new members begins with its keys', async (t) => {
    await shown(t, page.line(/picket cluster restore x-k3s --snapshot \w+ --yes/), idOf);
    await joinAll(fleet);
    await healthy(fleet);
    t.same(await keysOf(fleet, machine), keys);
    const one = await fleet.etcdctl(machine, 'get', keys[7] ?? '', '--print-value-only');
    t.equal(one.stdout.trimEnd(), contentOf(keys[7] ?? ''));
    const { notices } = await fleet.status(cluster);
    t.ok(notices.some(isReason('restored_from_snapshot', { snapshot: id })));
  });

  await t.test(
    'R16: present members give up their data for it only by force and the name of the cluster',
    async (t) => {
      const put = await fleet.etcdctl(machine, 'put', 'later', 'lost by the restore');
      t.equal(put.code, 0, put.stderr);
      const again = await imported(fleet, whole);
      t.equal(again.code, 0, again.stderr);
      const { id: next } = JSON.parse(again.stdout) as SnapshotView;
      const unnamed = await fleet.picket('cluster', 'restore', cluster, '--snapshot', next, '--yes');
      t.match(printedError(unnamed.stderr), { code: 'restore_needs_name' });
      await picket('cluster', 'restore', cluster, '--snapshot', next, '--force', '--confirm', cluster);
      await until(
        'the second formation has begun',
        async () => {
          const { clusterId, notices } = await fleet.status(cluster);
          return clusterId !== null && notices.some(isReason('restored_from_snapshot', { snapshot: next }));
        },
        { within: 60_000, every: 300 },
      );
      await healthy(fleet);
      t.same(await keysOf(fleet, machine), keys);
    },
  );
});

/** Imports what comes on stdin. */
function imported(fleet: Fleet, input: Uint8Array, more = ['--output', 'json']) {
  const command = ['snapshot', 'import', cluster, '-', ...more];
  return runToEnd(process.execPath, [programs.cli, '--context', fleet.contextFile, ...command], { input });
}

async function keysOf(fleet: Fleet, machine: Machine): Promise<readonly string[]> {
  const { code, stdout, stderr } = await fleet.etcdctl(machine, 'get', '', '--from-key', '--keys-only');
  if (code !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}
