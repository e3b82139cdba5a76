import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure, reasonOf } from '@picket/shared/errors.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { type AnyReason, type FactsOf, reason } from '@picket/shared/reasons/reason.ts';
import { generateX25519Identity } from 'age-encryption';
import t, { type Test } from 'tap';
import { startS3Server } from '../../../../test/support/s3-server.ts';
import { until } from '../../../../test/support/until.ts';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { SnapshotStoreConfig } from '../../src/config/config.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import type { TestCoordinator } from '../support/coordinator.ts';
import { nodeWith, type TestNode } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { bucketOf } from '../support/s3-bucket.ts';
import { reasonsOf, wireRefusal } from '../support/said.ts';
import { asked, clusterPath, founded, octets, parts, sendAll } from '../support/snapshots.ts';

const folder = t.testdir();
const server = await startS3Server({ folder });
t.teardown(() => server.stop());
const bucket = bucketOf(server);
const snapshotStore: SnapshotStoreConfig = {
  endpoint: server.url,
  bucket: 'etcd',
  prefix: 'home/',
  credentialsFile: server.writeKey(folder),
};
const hour = 3_600_000;

function keyOf(id: string): string {
  return `home/x-k3s/${id}.db`;
}

async function taken(coordinator: TestCoordinator, founder: TestNode): Promise<string> {
  const id = await asked(coordinator);
  const answer = await sendAll(founder, id);
  if (answer.status !== 200) throw new Error(answer.text);
  return id;
}

function filesOf({ config }: TestCoordinator): string[] {
  return readdirSync(placesIn(config.dataDir).snapshots);
}

async function viewOf({ admin }: TestCoordinator, id: string): Promise<SnapshotView> {
  return (await admin.get(`/v1/snapshots/${id}`)).json<SnapshotView>();
}

/** What the status tells about the store. */
async function noticesOf({ admin }: TestCoordinator): Promise<readonly AnyReason[]> {
  const { notices } = (await admin.get(`${clusterPath}/status`)).json<ClusterStatusView>();
  return reasonsOf(notices).filter(({ code }) => code === 'snapshots_not_moved' || code === 'snapshot_copy_at_fault');
}

/** Why snapshots stay on the coordinator for now, and how many; null if none does. */
async function notMoved(coordinator: TestCoordinator): Promise<{ problem: string; count: number } | null> {
  const found = (await noticesOf(coordinator)).find(({ code }) => code === 'snapshots_not_moved');
  if (found === undefined) return null;
  const { why, count } = found.facts as FactsOf<'snapshots_not_moved'>;
  const { problem } = (why.facts as FactsOf<'picket_error'>).details;
  return { problem: typeof problem === 'string' ? problem : JSON.stringify(problem), count };
}

/** Ticks, as `serve` does, until this is so. */
async function ticking(coordinator: TestCoordinator, what: string, look: () => Promise<boolean> | boolean) {
  const tick = async () => {
    await coordinator.running.tick();
    return look();
  };
  await until(what, tick, { within: 60_000, every: 20 });
}

async function moved(coordinator: TestCoordinator, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await ticking(coordinator, `${id} is moved`, async () => (await viewOf(coordinator, id)).object !== null);
  }
  await ticking(
    coordinator,
    'no part of them is here',
    () => !filesOf(coordinator).some((name) => ids.includes(name.slice(0, -3))),
  );
}

/** With one snapshot that the store has. */
async function stored(t: Test) {
  const { coordinator, founder } = await founded(t, { snapshotStore });
  const id = await taken(coordinator, founder);
  await moved(coordinator, id);
  return { coordinator, founder, id };
}

t.test('a snapshot is moved to the store, and verified and downloaded from there', async (t) => {
  const { coordinator, founder } = await founded(t, { snapshotStore });
  const { admin } = coordinator;
  const id = await taken(coordinator, founder);
  t.equal((await viewOf(coordinator, id)).object, null, 'it is taken before it is moved');
  await moved(coordinator, id);
  t.equal((await viewOf(coordinator, id)).object, `s3://etcd/${keyOf(id)}`);
  t.ok((await bucket.keys()).includes(keyOf(id)));
  const content = await admin.get(`/v1/snapshots/${id}/content`);
  t.same([content.status, content.octets().equals(octets)], [200, true]);
  t.equal((await admin.post(`/v1/snapshots/${id}/verify`)).status, 200);
  t.same(filesOf(coordinator), [], 'a file that was fetched to be read is not kept');
  await coordinator.restart();
  t.equal((await coordinator.admin.post(`/v1/snapshots/${id}/verify`)).status, 200);
});

t.test('R11: with an age identity a snapshot leaves encrypted, and is verified and downloaded decrypted', async (t) => {
  const keyFile = (name: string, identity: string) => {
    const path = join(t.testdirName, name);
    writeFileSync(path, `${identity}\n`, { mode: 0o600 });
    return path;
  };
  const { coordinator, founder } = await founded(t, { snapshotStore });
  const identity = await generateX25519Identity();
  const ageIdentityFile = keyFile('age.txt', identity);
  const withKey = (file: string) => () =>
    Promise.resolve(Object.assign(coordinator.config, { snapshotStore: { ...snapshotStore, ageIdentityFile: file } }));
  await coordinator.restart(withKey(ageIdentityFile));
  const id = await taken(coordinator, nodeWith(coordinator, founder));
  await moved(coordinator, id);
  t.equal((await viewOf(coordinator, id)).object, `s3://etcd/${keyOf(id)}.age`);
  t.notOk((await bucket.get(`${keyOf(id)}.age`)).body.includes(octets.subarray(0, 64)));
  const content = await coordinator.admin.get(`/v1/snapshots/${id}/content`);
  t.ok(content.octets().equals(octets));
  t.equal((await coordinator.admin.post(`/v1/snapshots/${id}/verify`)).status, 200);
  await coordinator.restart(withKey(keyFile('other.txt', await generateX25519Identity())));
  const told = {
    code: 'snapshot_key_missing',
    details: { problem: /encrypted for none of the configured age identities/ },
  };
  t.match((await coordinator.admin.post(`/v1/snapshots/${id}/verify`)).json(), told);
  t.match((await coordinator.admin.get(`/v1/snapshots/${id}/content`)).json(), told);
  t.notOk(coordinator.log.join('').includes(identity));
  await coordinator.restart(withKey(ageIdentityFile));
  t.equal((await coordinator.admin.post(`/v1/snapshots/${id}/verify`)).status, 200, 'the key is back');
});

t.test('R12: after a crash past recording the location, the next start removes the file', async (t) => {
  const { coordinator, id } = await stored(t);
  const left = join(placesIn(coordinator.config.dataDir).snapshots, `${id}.db`);
  await coordinator.restart(async () => writeFileSync(left, octets));
  await ticking(coordinator, 'it is removed', () => !filesOf(coordinator).includes(`${id}.db`));
});

t.test('snapshots from before there was a store are moved as well', async (t) => {
  const { coordinator, founder } = await founded(t);
  const id = await taken(coordinator, founder);
  await coordinator.restart(async () => Object.assign(coordinator.config, { snapshotStore }));
  await moved(coordinator, id);
  t.equal((await coordinator.admin.post(`/v1/snapshots/${id}/verify`)).status, 200);
});

t.test('while the store is down, snapshots are taken and kept here, which is reported, and moved later', async (t) => {
  const { coordinator, founder } = await founded(t, { snapshotStore });
  await server.down();
  const id = await taken(coordinator, founder);
  const isTold = async () => {
    const told = await notMoved(coordinator);
    return told?.count === 1 && /ECONNREFUSED/.test(told.problem);
  };
  await ticking(coordinator, 'it is reported', isTold);
  t.equal((await coordinator.admin.post(`/v1/snapshots/${id}/verify`)).status, 200, 'it is as good as any');
  await coordinator.restart();
  await ticking(coordinator, 'it was tried again after the restart', isTold);
  await server.up();
  coordinator.clock.now += 31_000;
  await moved(coordinator, id);
  await ticking(coordinator, 'nothing is reported any longer', async () => (await noticesOf(coordinator)).length === 0);
});

t.test('R11: a wrong secret is reported, and neither the secret nor the key’s file is in the log', async (t) => {
  const secretAccessKey = 'theSecretThatIsWrong';
  const credentialsFile = server.writeKey(mkdtempSync(join(folder, 'key-')), { ...server.key, secretAccessKey });
  const { coordinator, founder } = await founded(t, { snapshotStore: { ...snapshotStore, credentialsFile } });
  await taken(coordinator, founder);
  const isTold = async () =>
    /the secret access key does not match this access key/.test((await notMoved(coordinator))?.problem ?? '');
  await ticking(coordinator, 'it is reported', isTold);
  t.notMatch(coordinator.log.join('\n'), secretAccessKey);
});

t.test('a restore no longer needs the store once it has begun', async (t) => {
  const { coordinator, founder, id } = await stored(t);
  const { admin } = coordinator;
  t.equal(
    (await admin.post(`${clusterPath}/restore`, { snapshot: id, force: true, confirm: 'x-k3s', lastSnapshot: null }))
      .status,
    200,
  );
  await server.down();
  t.teardown(() => server.up());
  const stopped = await founder.desiredState();
  const agent = { ...readyStatus().agent, generationSeen: stopped.generation, generationApplied: stopped.generation };
  await founder.report({ agent });
  t.match(await founder.desiredState(), { etcd: { restore: { snapshot: id } } });
  const part = await founder.client.get(`/v1/node/snapshots/${id}?offset=${parts[0].length}`);
  t.same([part.status, part.octets().equals(parts[1])], [200, true]);
});

t.test('one that was removed directly in the store is reported, and not restored', async (t) => {
  const { coordinator, founder, id } = await stored(t);
  const { admin } = coordinator;
  await bucket.remove(keyOf(id));
  t.match((await admin.post(`/v1/snapshots/${id}/verify`)).json(), wireRefusal('snapshot_damaged'));
  t.match((await admin.get(`/v1/snapshots/${id}/content`)).json(), wireRefusal('snapshot_damaged'));
  t.match(
    (
      await admin.post(`${clusterPath}/restore`, { snapshot: id, force: true, confirm: 'x-k3s', lastSnapshot: null })
    ).json(),
    wireRefusal('snapshot_damaged'),
  );
  t.not((await founder.desiredState()).etcd, null, 'and nothing is given up for it');
  coordinator.clock.now += hour;
  const isTold = async () => (await noticesOf(coordinator)).length > 0;
  await ticking(coordinator, 'it is reported without a request', isTold);
  const gone = failure('snapshot_damaged', { id, problem: reason('copy_gone', { object: `s3://etcd/${keyOf(id)}` }) });
  t.strictSame(await noticesOf(coordinator), [reason('snapshot_copy_at_fault', { why: reasonOf(gone) })]);
});

t.test('R9: changed content from the store is handed out to nobody as whole', async (t) => {
  const { coordinator, id } = await stored(t);
  const { admin } = coordinator;
  const changed = Buffer.from(octets);
  changed[9] = (changed[9] ?? 0) ^ 1;
  await bucket.put(keyOf(id), changed);
  t.match((await admin.post(`/v1/snapshots/${id}/verify`)).json(), wireRefusal('snapshot_damaged'));
  t.same(filesOf(coordinator), []);
  await t.rejects(admin.get(`/v1/snapshots/${id}/content`), { code: 'ECONNRESET' }, 'its end never arrives');
  t.match(
    (
      await admin.post(`${clusterPath}/restore`, { snapshot: id, force: true, confirm: 'x-k3s', lastSnapshot: null })
    ).json(),
    wireRefusal('snapshot_damaged'),
  );
});

t.test('retention removes from the store, and accepts what is already gone there', async (t) => {
  const { coordinator, founder } = await founded(t, { snapshotStore });
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    coordinator.clock.now += 1000;
    ids.push(await taken(coordinator, founder));
  }
  await moved(coordinator, ...ids);
  await bucket.remove(keyOf(ids[0] ?? ''));
  // They were ordered by an operator, and so stay for a day; then one hour counts once.
  coordinator.clock.now += 25 * hour;
  const isLeft = async () =>
    (await coordinator.admin.get('/v1/snapshots')).json<{ items: object[] }>().items.length === 1;
  await ticking(coordinator, 'only the newest is left', isLeft);
  const left = (await bucket.keys()).filter((key) => ids.some((id) => key === keyOf(id)));
  t.same(left, [keyOf(ids[2] ?? '')]);
});

t.test('a restored coordinator finds its snapshots in the store, including those moved since the backup', async (t) => {
  const { coordinator, founder } = await founded(t, { snapshotStore });
  const before = await taken(coordinator, founder);
  await moved(coordinator, before);
  await server.down();
  const later = await taken(coordinator, founder);
  const restore = await backedUp(coordinator);
  await server.up();
  coordinator.clock.now += hour;
  await moved(coordinator, later);
  // Another machine, which has only the backup.
  rmSync(placesIn(coordinator.config.dataDir).snapshots, { recursive: true });
  await restore();
  t.equal((await viewOf(coordinator, before)).object, `s3://etcd/${keyOf(before)}`);
  await moved(coordinator, later);
  for (const id of [before, later]) {
    t.equal((await coordinator.admin.post(`/v1/snapshots/${id}/verify`)).status, 200);
  }
});

t.test('without the store in coordinator.yml, a snapshot there is named and not lost', async (t) => {
  const { coordinator, id } = await stored(t);
  const { snapshotStore: _, ...config } = coordinator.config;
  await coordinator.restart(async () => {
    for (const name of Object.keys(coordinator.config)) Reflect.deleteProperty(coordinator.config, name);
    Object.assign(coordinator.config, config);
  });
  t.match(
    (await coordinator.admin.post(`/v1/snapshots/${id}/verify`)).json(),
    wireRefusal('snapshot_store_failed', { problem: 'coordinator.yml names no snapshotStore' }),
  );
  t.equal((await viewOf(coordinator, id)).id, id);
});

t.test('a coordinator does not start with keys that others can read, or without them', async (t) => {
  const { coordinator } = await founded(t);
  for (const [credentialsFile, problem] of [
    [join(folder, 'none'), /cannot be read: it does not exist/],
    [server.writeKey(mkdtempSync(join(folder, 'key-')), server.key, 0o644), /can be read by others \(mode 0644\)/],
    [server.writeKey(mkdtempSync(join(folder, 'key-')), {}), /must hold only accessKeyId/],
  ] as const) {
    Object.assign(coordinator.config, { snapshotStore: { ...snapshotStore, credentialsFile } });
    await t.rejects(coordinator.restart(), { code: 'snapshot_store_unusable', facts: { problem } });
  }
});
