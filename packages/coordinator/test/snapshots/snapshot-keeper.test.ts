import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { failure, type PicketError, reasonOf } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { reserveBytes } from '../../src/files/disk-room.ts';
import type { SnapshotRecord } from '../../src/inventory/inventory.ts';
import type { Operation, OperationSituation } from '../../src/operations/operation.ts';
import type { ReadStatus } from '../../src/snapshots/etcdutl.ts';
import type { S3Store } from '../../src/snapshots/s3-store.ts';
import { openSnapshotFolder } from '../../src/snapshots/snapshot-folder.ts';
import { type SnapshotKeeperDeps, snapshotKeeper } from '../../src/snapshots/snapshot-keeper.ts';
import { pageSize, withHash } from '../support/database-pages.ts';
import { nodeWith, servingAlone } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';
import { asked, clusterPath, end, founded, octets, parts, sendAll, sha256 } from '../support/snapshots.ts';

const hour = 3_600_000;
const soon = { within: 10_000, every: 5 };

t.test('R9: while a snapshot is read to its end, another with the same name is refused', async (t) => {
  const reading = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const readStatus: ReadStatus = async () => {
    reading.resolve();
    await mayEnd.promise;
    return { revision: 7, totalKeys: 1 };
  };
  const { keeper, records, folder, progress } = await keeperOf(t.testdir(), { readStatus });
  const [from, id] = [{ cluster: 'c', member: 'm' }, 'snapshot0001'];
  progress.snapshots.task = { id, executor: 'm', why: reason('on_schedule'), issuedAt: 0 };
  await keeper.part(from, id, 0, octets);
  const ending = keeper.end(from, id, end);
  await reading.promise;
  await t.rejects(keeper.part(from, id, 0, parts[0]), { code: 'snapshot_not_wanted' });
  mayEnd.resolve();
  await ending;
  t.match(records.get(id), { sha256, checkedBy: 'etcdutl' });
  t.ok(readFileSync(folder.pathOf(id)).equals(octets), 'what is stored is what was checked');
});

t.test('one that is chosen for a restore while others are removed stays', async (t) => {
  const removing = Promise.withResolvers<void>();
  const mayGoOn = Promise.withResolvers<void>();
  const { keeper, records, folder, progress, clock } = await keeperOf(t.testdir(), {
    beforeRemoval: async () => {
      removing.resolve();
      await mayGoOn.promise;
    },
  });
  const ids = ['snapnewest01', 'snapmiddle01', 'snapoldest01'] as const;
  for (const [age, id] of ids.entries()) {
    writeFileSync(folder.pathOf(id), octets);
    records.set(id, recordOf({ id, takenAt: (1000 - 5 * age) * hour, object: null }));
  }
  clock.now = 1001 * hour;
  const tidied = keeper.tidy();
  await removing.promise;
  progress.restore = { snapshot: ids[1], takenAt: 0, sizeBytes: 0, sha256 };
  mayGoOn.resolve();
  await tidied;
  t.same([...records.keys()], [ids[0], ids[1]]);
  t.ok(existsSync(folder.pathOf(ids[1])));
});

t.test('one that is being removed from the store cannot be restored', async (t) => {
  const removing = Promise.withResolvers<void>();
  const mayFail = Promise.withResolvers<void>();
  const store = storeWith('s3://b/new', 's3://b/old');
  const { keeper, records, clock } = await keeperOf(t.testdir(), {
    store: {
      ...store,
      async remove() {
        removing.resolve();
        await mayFail.promise;
        throw failure('snapshot_store_failed', { store: 's', problem: 'down' });
      },
    },
  });
  for (const [id, takenAt] of [
    ['new', 1000 * hour],
    ['old', 995 * hour],
  ] as const) {
    records.set(id, recordOf({ id, takenAt, object: `s3://b/${id}` }));
  }
  clock.now = 1001 * hour;
  await keeper.tidy();
  await removing.promise;
  const restoring = () => keeper.pin('old', () => keeper.verify('old'));
  await t.rejects(restoring(), { code: 'not_found' });
  mayFail.resolve();
  await until('the store’s failure is reported', () => keeper.notices('c').length > 0, soon);
  t.match(await restoring(), { sha256 }, 'what was not removed is unchanged');
});

t.test('one that the store does not return is reported, and delays no other', async (t) => {
  const store = storeWith('s3://b/old');
  const archived = failure('snapshot_object_refused', { store: 's', object: 's3://b/old', problem: 'it is archived' });
  const { keeper, records, folder, clock } = await keeperOf(t.testdir(), {
    store: {
      ...store,
      async has(object, known) {
        if (object !== 's3://b/old') return store.has(object, known);
        throw archived;
      },
    },
  });
  records.set('old', recordOf({ id: 'old', takenAt: 1000 * hour, object: 's3://b/old' }));
  clock.now = 1001 * hour;
  await keeper.tidy();
  await until('it is reported', () => keeper.notices('c').length > 0, soon);
  t.strictSame(keeper.notices('c'), [atFault(archived)]);
  writeFileSync(folder.pathOf('new'), octets);
  records.set('new', recordOf({ id: 'new', takenAt: 1001 * hour, object: null }));
  clock.now += hour;
  await keeper.tidy();
  await until('the new one is moved', () => records.get('new')?.object === 's3://b/new', soon);
  await until('and what has expired is removed', () => !records.has('old'), soon);
});

t.test('one that the store refuses alone is as good as any', async (t) => {
  const store = storeWith('s3://b/middle', 's3://b/old');
  const refused = failure('snapshot_object_refused', { store: 's', object: 's3://b/new', problem: 'not this one' });
  const { keeper, records, folder, clock } = await keeperOf(t.testdir(), {
    store: { ...store, send: () => Promise.reject(refused) },
  });
  for (const [age, id] of ['new', 'middle', 'old'].entries()) {
    records.set(id, recordOf({ id, takenAt: (1000 - 5 * age) * hour, object: age === 0 ? null : `s3://b/${id}` }));
  }
  writeFileSync(folder.pathOf('new'), octets);
  clock.now = 1001 * hour;
  await keeper.tidy();
  await until('those that it replaced are removed', () => store.objects.size === 0, soon);
  t.strictSame(keeper.notices('c'), [atFault(refused)]);
});

t.test('one that is missing in the store and still exists here stays, and is sent there again', async (t) => {
  const store = storeWith();
  const { keeper, records, folder, clock } = await keeperOf(t.testdir(), { store });
  records.set('brought', recordOf({ id: 'brought', takenAt: 1000 * hour, object: 's3://b/brought' }));
  writeFileSync(folder.pathOf('brought'), octets);
  t.match(await keeper.verify('brought'), { sha256 });
  t.ok(existsSync(folder.pathOf('brought')), 'reading it did not remove the last copy');
  t.ok((await consumed((await keeper.stream('brought')).content)).equals(octets));
  clock.now = 1001 * hour;
  await keeper.tidy();
  await until('it is there again', () => store.objects.has('s3://b/brought'), soon);
  await until('and need no longer be here', () => !existsSync(folder.pathOf('brought')), soon);
});

t.test('one that is missing there and cannot be sent again is reported, and delays no other', async (t) => {
  const store = storeWith('s3://b/old');
  const full = failure('snapshot_store_failed', { store: 's', problem: 'its quota is used up' });
  const { keeper, records, folder, clock } = await keeperOf(t.testdir(), {
    store: { ...store, send: () => Promise.reject(full) },
  });
  for (const [age, id] of ['brought', 'newer', 'old'].entries()) {
    records.set(id, recordOf({ id, takenAt: (1000 - 5 * age) * hour, object: `s3://b/${id}` }));
  }
  writeFileSync(folder.pathOf('brought'), octets);
  clock.now = 1001 * hour;
  await keeper.tidy();
  await until('it is reported', () => keeper.notices('c').length > 0, soon);
  const unsent = reason('copy_gone_unsent', { object: 's3://b/brought', why: reasonOf(full) });
  t.strictSame(keeper.notices('c')[0], atFault(failure('snapshot_damaged', { id: 'brought', problem: unsent })));
  t.ok(existsSync(folder.pathOf('brought')));
});

t.test('a whole object replaces the damaged copy beside it', async (t) => {
  const { keeper, records, folder } = await keeperOf(t.testdir(), { store: storeWith('s3://b/kept') });
  records.set('kept', recordOf({ id: 'kept', takenAt: 0, object: 's3://b/kept' }));
  writeFileSync(folder.pathOf('kept'), octets.subarray(1));
  t.match(await keeper.verify('kept'), { sha256 });
});

t.test('one that a check finds damaged does not count, until another check finds it good', async (t) => {
  const { keeper, records, folder, clock } = await keeperOf(t.testdir(), {});
  for (const [age, id] of ['damaged', 'good'].entries()) {
    records.set(id, recordOf({ id, takenAt: (1000 - 5 * age) * hour, object: null }));
    writeFileSync(folder.pathOf(id), age === 0 ? octets.subarray(1) : octets);
  }
  await t.rejects(keeper.verify('damaged'), { code: 'snapshot_damaged' });
  clock.now = 1001 * hour;
  await keeper.tidy();
  t.same([...records.keys()], ['damaged', 'good']);
  writeFileSync(folder.pathOf('damaged'), octets);
  await keeper.verify('damaged');
  clock.now += hour;
  await keeper.tidy();
  t.same([...records.keys()], ['damaged']);
});

t.test('one that expired while the store was down is not missed there', async (t) => {
  const mayBeRemoved = Promise.withResolvers<void>();
  const store = storeWith('s3://b/new');
  const { keeper, records, clock } = await keeperOf(t.testdir(), {
    store: { ...store, remove: () => mayBeRemoved.promise },
  });
  for (const [age, id] of ['new', 'old'].entries()) {
    records.set(id, recordOf({ id, takenAt: (1000 - 5 * age) * hour, object: `s3://b/${id}` }));
  }
  clock.now = 1001 * hour;
  await keeper.tidy();
  t.same(keeper.notices('c'), []);
  mayBeRemoved.resolve();
  await until('it is no longer known', () => !records.has('old'), soon);
  t.same(keeper.notices('c'), []);
});

t.test('the last good one stays if a newer one is missing in the store', async (t) => {
  const store = storeWith('s3://b/good', 's3://b/older');
  const { keeper, records, clock } = await keeperOf(t.testdir(), { store });
  for (const [age, id] of ['gone', 'good', 'older'].entries()) {
    records.set(id, recordOf({ id, takenAt: (1000 - 5 * age) * hour, object: `s3://b/${id}` }));
  }
  clock.now = 1001 * hour;
  await keeper.tidy();
  await until('what has expired is removed', () => !records.has('older'), soon);
  t.same([...store.objects], ['s3://b/good']);
  const gone = reason('copy_gone', { object: 's3://b/gone' });
  t.strictSame(keeper.notices('c'), [atFault(failure('snapshot_damaged', { id: 'gone', problem: gone }))]);
});

t.test(
  'one that was sent and expired before that was known is removed from the store, and makes room at once',
  async (t) => {
    const store = storeWith();
    let isUp = false;
    const whileUp = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      if (isUp) return work();
      throw failure('snapshot_store_failed', { store: 's', problem: 'its answer was lost' });
    };
    const { keeper, records, folder, clock } = await keeperOf(t.testdir(), {
      store: {
        ...store,
        has: (object, known) => whileUp(() => store.has(object, known)),
        remove: (object) => whileUp(() => store.remove(object)),
      },
    });
    for (const [age, id] of ['new', 'old', 'last'].entries()) {
      writeFileSync(folder.pathOf(id), octets);
      records.set(id, recordOf({ id, takenAt: (1000 - 5 * age) * hour, object: null }));
    }
    givenUp(records, 'last');
    await store.send('s3://b/old', '', { id: 'old', sizeBytes: octets.length, sha256 });
    clock.now = 1001 * hour;
    await keeper.tidy();
    await until('its failure is reported', () => keeper.notices('c').length > 0, soon);
    t.notOk(existsSync(folder.pathOf('old')), 'the disk does not fill while the store is down');
    isUp = true;
    clock.now += hour;
    await keeper.tidy();
    await until('it is no longer known', () => !records.has('old'), soon);
    t.same([...store.objects], ['s3://b/last', 's3://b/new']);
  },
);

t.test('one that expires while another is moved is no longer sent', async (t) => {
  const mayGoOn = Promise.withResolvers<void>();
  const sent: string[] = [];
  const store = storeWith();
  const { keeper, records, folder, clock } = await keeperOf(t.testdir(), {
    store: {
      ...store,
      async send(object, path, known) {
        sent.push(object);
        await mayGoOn.promise;
        await store.send(object, path, known);
      },
    },
  });
  for (const [age, id] of ['new', 'old', 'last'].entries()) {
    writeFileSync(folder.pathOf(id), octets);
    records.set(id, recordOf({ id, takenAt: (1000 - 5 * age) * hour, object: null }));
  }
  givenUp(records, 'last');
  clock.now = 1001 * hour;
  await keeper.tidy();
  mayGoOn.resolve();
  await until('the old one is no longer known', () => !records.has('old'), soon);
  t.same(sent, ['s3://b/last', 's3://b/new']);
});

t.test('a store that accepts nothing more still loses what has expired', async (t) => {
  const store = storeWith('s3://b/middle', 's3://b/old');
  const full = failure('snapshot_store_failed', { store: 's', problem: 'it is full' });
  const { keeper, records, folder, clock } = await keeperOf(t.testdir(), {
    store: { ...store, send: () => Promise.reject(full) },
  });
  for (const [age, id] of ['new', 'middle', 'old'].entries()) {
    records.set(id, recordOf({ id, takenAt: (1000 - 5 * age) * hour, object: age === 0 ? null : `s3://b/${id}` }));
  }
  writeFileSync(folder.pathOf('new'), octets);
  clock.now = 1001 * hour;
  await keeper.tidy();
  await until('the oldest is removed', () => !store.objects.has('s3://b/old'), soon);
  await until('and it is reported', () => keeper.notices('c').length > 0, soon);
  t.match(keeper.notices('c'), [{ code: 'snapshots_not_moved', facts: { why: reasonOf(full), count: 1 } }]);
});

t.test('an etcdutl that cannot be run makes no snapshot a damaged one', async (t) => {
  const { coordinator, founder } = await founded(t, { etcdutlBinary: '/nowhere/etcdutl' });
  const id = await asked(coordinator);
  const kept = await sendAll(founder, id);
  t.equal(kept.status, 200, kept.text);
  t.match((await coordinator.admin.get(`/v1/snapshots/${id}`)).json(), { checkedBy: 'structure', totalKeys: null });
  t.same((await coordinator.admin.post(`/v1/snapshots/${id}/verify`)).json(), { sha256, checkedBy: 'structure' });
});

t.test('a file without a record is logged at the start with its size, and left', async (t) => {
  const { coordinator, founder } = await founded(t);
  const known = await asked(coordinator);
  t.equal((await sendAll(founder, known)).status, 200);
  const { snapshots } = placesIn(coordinator.config.dataDir);
  const left = join(snapshots, 'unknown00001.db');
  await coordinator.restart(async () => writeFileSync(left, octets));
  const told = coordinator.log
    .map((line) => JSON.parse(line) as { msg: string })
    .filter(({ msg }) => /has no record/.test(msg));
  t.match(told, [{ level: 40, path: left, sizeBytes: octets.length }]);
  t.equal(told.length, 1, 'nothing is logged about the known one');
  t.ok(existsSync(left));
});

t.test('what a cluster was restored from stays until the new cluster has a snapshot of its own', async (t) => {
  const { coordinator, founder } = await founded(t);
  const { admin, clock } = coordinator;
  const policy = { everyMinutes: 60, keepHourly: 1, keepDaily: 0, keepWeekly: 0 };
  const headers = { 'if-match': '"1"' };
  await admin.request('PATCH', clusterPath, { headers, body: { snapshots: policy } });
  const first = await asked(coordinator);
  t.equal((await sendAll(founder, first)).status, 200);
  const former = (await founder.desiredState()).etcd?.incarnation ?? '';
  clock.now += 5 * hour;
  await founder.report(servingAlone(former, founder.name));
  const newest = await asked(coordinator);
  t.equal((await sendAll(founder, newest)).status, 200);
  const kept = async () =>
    (await admin.get('/v1/snapshots')).json<{ items: { id: string }[] }>().items.map(({ id }) => id);
  t.same(await kept(), [newest, first]);

  await admin.post(`${clusterPath}/restore`, { snapshot: first, force: true, confirm: 'x-k3s', lastSnapshot: null });
  const { generation } = await founder.desiredState();
  const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
  await founder.report({ agent });
  const { etcd } = await founder.desiredState();
  await founder.report({ agent, ...servingAlone(etcd?.incarnation ?? '', founder.name) });
  clock.now += 30 * hour;
  await coordinator.running.tick();
  t.ok((await kept()).includes(first), 'the new cluster is on only one disk so far');
});

t.test('R19: the last snapshot of a cluster that was given up stays, until an operator removes it', async (t) => {
  const { coordinator, founder: joined } = await founded(t);
  const { clock } = coordinator;
  let founder = joined;
  const policy = { everyMinutes: 60, keepHourly: 1, keepDaily: 0, keepWeekly: 0 };
  const headers = { 'if-match': '"1"' };
  await coordinator.admin.request('PATCH', clusterPath, { headers, body: { snapshots: policy } });
  const taken = async (ending = end) => {
    const id = await asked(coordinator);
    t.equal((await sendAll(founder, id, ending)).status, 200);
    return id;
  };
  const kept = async () =>
    (await coordinator.admin.get('/v1/snapshots')).json<{ items: { id: string }[] }>().items.map(({ id }) => id);
  const remove = (id: string) => coordinator.admin.request('DELETE', `/v1/snapshots/${id}`);
  const source = await taken();
  const last = await taken();
  const order = { snapshot: source, force: true, confirm: 'x-k3s', lastSnapshot: last };
  t.equal((await coordinator.admin.post(`${clusterPath}/restore`, order)).status, 200);
  const { generation } = await founder.desiredState();
  const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
  await founder.report({ agent });
  const { etcd } = await founder.desiredState();
  const serves = async () => {
    const { etcd: own, ...status } = servingAlone(etcd?.incarnation ?? '', founder.name);
    await founder.report({ agent, ...status, etcd: own && { ...own, clusterId: 'c2' } });
  };
  const ofNext = { ...end, clusterId: 'c2' };
  await serves();
  t.match((await remove(source)).json(), wireRefusal('snapshot_needed'), 'the next cluster has none of its own yet');
  await taken(ofNext);
  clock.now += 40 * hour;
  await coordinator.restart();
  founder = nodeWith(coordinator, founder);
  await serves();
  await taken(ofNext);
  clock.now += 40 * hour;
  await serves();
  const newest = await taken(ofNext);
  t.same(await kept(), [newest, last]);
  const needed = failure('snapshot_needed', { id: newest, cluster: 'x-k3s' });
  t.strictSame((await remove(newest)).json(), needed.toWire());
  t.equal((await remove(last)).status, 204);
  t.same(await kept(), [newest]);
  t.notOk(existsSync(join(placesIn(coordinator.config.dataDir).snapshots, `${last}.db`)));
  t.match((await remove(last)).json(), wireRefusal('not_found'));
});

t.test('one that an operator removes stays if the store does not answer', async (t) => {
  const store = storeWith('s3://b/old');
  let isUp = false;
  const { keeper, records } = await keeperOf(t.testdir(), {
    store: {
      ...store,
      async remove(object) {
        if (!isUp) throw failure('snapshot_store_failed', { store: 's', problem: 'down' });
        await store.remove(object);
      },
    },
  });
  records.set('old', recordOf({ id: 'old', takenAt: 995 * hour, object: 's3://b/old' }));
  await t.rejects(keeper.remove('old'), { code: 'snapshot_store_failed' });
  t.ok(records.has('old'));
  isUp = true;
  await keeper.remove('old');
  t.same([[...records.keys()], [...store.objects]], [[], []]);
});

t.test(
  'a file that an earlier version kept and that is no database differs from a snapshot that has changed',
  async (t) => {
    const { keeper, records, folder, clock } = await keeperOf(t.testdir(), {});
    const letters = withHash(Buffer.alloc(10 * pageSize, 'Z'));
    const facts = { sizeBytes: letters.length, sha256: createHash('sha256').update(letters).digest('hex') };
    records.set('letters', { ...recordOf({ id: 'letters', takenAt: 1000 * hour, object: null }), ...facts });
    writeFileSync(folder.pathOf('letters'), letters);
    await t.rejects(keeper.verify('letters'), { code: 'snapshot_not_database', facts: { id: 'letters' } });
    records.set('good', recordOf({ id: 'good', takenAt: 999 * hour, object: null }));
    writeFileSync(folder.pathOf('good'), octets);
    clock.now = 1001 * hour;
    await keeper.tidy();
    t.ok(records.has('good'), 'and no good one goes for its sake');
    writeFileSync(folder.pathOf('good'), letters);
    await t.rejects(keeper.verify('good'), { code: 'snapshot_damaged', facts: { id: 'good' } });
  },
);

t.test('R18: what is being imported takes room of its cluster, and of no other', async (t) => {
  const path = t.testdir();
  const room = 4 * octets.length;
  const { keeper } = await keeperOf(path, {
    clusters: ['c', 'd'],
    freeBytes: async () => reserveBytes + room - bytesIn(path),
  });
  const { imports } = keeper;
  const used = { code: 'snapshot_share_used' };
  // Half is divided: a quarter is kept for the other cluster.
  await t.rejects(imports.begin('c', 'ada', { sizeBytes: room - octets.length + 1 }), used);
  const id = await imports.begin('c', 'ada', {});
  await imports.part('ada', id, 0, octets.subarray(0, pageSize));
  for (let at = pageSize; at < 3 * octets.length - pageSize; at += pageSize)
    await imports.part('ada', id, at, Buffer.alloc(pageSize));
  await t.rejects(imports.part('ada', id, imports.arriving()?.receivedBytes ?? 0, Buffer.alloc(2 * pageSize)), used);
  t.strictSame(readdirSync(path), []);
});

t.test('R19: no snapshot of the cluster goes for the sake of an imported one', async (t) => {
  const { keeper, records, folder, clock } = await keeperOf(t.testdir(), {});
  const put = (id: string, why: Reason, age: number) => {
    writeFileSync(folder.pathOf(id), octets);
    records.set(id, { ...recordOf({ id, takenAt: 1000 * hour - age, object: null }), why });
  };
  put('own', reason('on_schedule'), 0.4 * hour);
  put('imported', reason('imported', { by: 'ada' }), 0.2 * hour);
  clock.now = 1100 * hour;
  await keeper.tidy();
  t.same([...records.keys()], ['own', 'imported']);
});

t.test('R18: a member that sends more and more fills the disk for no other cluster', async (t) => {
  const path = t.testdir();
  const room = 10 * octets.length;
  const { keeper, records, progress, clock } = await keeperOf(path, {
    clusters: ['c', 'd'],
    freeBytes: async () => reserveBytes + room - bytesIn(path),
  });
  let count = 0;
  const send = async (cluster: string) => {
    const [from, id] = [{ cluster, member: 'm' }, `snapshot${count++}`];
    progress.snapshots.task = { id, executor: 'm', why: reason('asked_for', { by: 'ada' }), issuedAt: 0 };
    let sent = 0;
    for (const part of parts) sent = await keeper.part(from, id, sent, part);
    await keeper.end(from, id, end);
  };
  const sendAll = async (cluster: string) => {
    for (;;) await send(cluster);
  };
  await t.rejects(sendAll('c'), {
    code: 'snapshot_share_used',
    facts: { cluster: 'c', usedMiB: 3, freeMiB: 1 },
  });
  t.equal(records.size, 7, 'three quarters: the half in no share, and its own share');
  t.equal(bytesIn(path), 7 * octets.length, 'nothing of the refused one is left');
  await send('d');
  await send('d');
  t.equal(records.size, 9, 'the other cluster has its room');

  clock.now += 25 * hour;
  await send('c');
  t.strictSame(
    [...records.values()].map(({ cluster }) => cluster).sort(),
    ['c', 'd'],
    'retention makes room before a snapshot is refused',
  );
});

/** The notice of a snapshot whose copy has this fault. */
function atFault(error: PicketError): Reason {
  return reason('snapshot_copy_at_fault', { why: reasonOf(error) });
}

/** A store that has these, all with the same bytes. */
function storeWith(...objects: readonly string[]): S3Store & { readonly objects: ReadonlySet<string> } {
  const held = new Set(objects);
  return {
    objects: held,
    name: 's',
    objectOf: (_cluster, id) => `s3://b/${id}`,
    send: async (object) => void held.add(object),
    has: async (object) => held.has(object),
    read: async () => Readable.from([octets]),
    list: async () => [...held],
    remove: async (object) => void held.delete(object),
    close: () => undefined,
  };
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

async function consumed(content: Readable): Promise<Buffer> {
  return Buffer.concat((await content.toArray()) as Buffer[]);
}

function recordOf(fields: Pick<SnapshotRecord, 'id' | 'takenAt' | 'object'>): SnapshotRecord {
  const rest = { cluster: 'c', why: reason('on_schedule'), sizeBytes: octets.length, sha256 };
  return { ...rest, ...fields } as SnapshotRecord;
}

/** It is the last one of a cluster that a restore has given up. */
function givenUp(records: Map<string, SnapshotRecord>, id: string): void {
  const record = records.get(id);
  if (record !== undefined) records.set(id, { ...record, clusterId: 'given-up' });
}

interface KeeperOptions {
  readonly store?: S3Store;
  readonly readStatus?: ReadStatus;
  readonly beforeRemoval?: () => Promise<void>;
  readonly clusters?: readonly string[];
  readonly freeBytes?: () => Promise<number>;
}

/** A keeper on a real folder, with its records and its cluster in memory. */
async function keeperOf(path: string, options: KeeperOptions) {
  const { store, readStatus, beforeRemoval, clusters = ['c'], freeBytes } = options;
  const real = await openSnapshotFolder(path, freeBytes);
  const folder = {
    ...real,
    async remove(id: string) {
      await beforeRemoval?.();
      await real.remove(id);
    },
  };
  const records = new Map<string, SnapshotRecord>();
  const clock = { now: 0 };
  const progress = {
    formation: { clusterId: end.clusterId, from: undefined },
    formations: 1,
    restore: null as object | null,
    deletion: null,
    snapshots: { task: null as object | null, last: null },
  };
  const spec = {
    tuning: { quotaBackendBytes: 1e9 },
    snapshots: { everyMinutes: 60, keepHourly: 1, keepDaily: 0, keepWeekly: 0 },
  };
  const deps = {
    folder,
    store: store ?? null,
    readStatus: readStatus ?? (async () => null),
    limits: { snapshotSharePercent: 50 },
    newId: () => 'import000001',
    now: () => clock.now,
    monotonic: () => clock.now,
    log: { info: () => undefined, warn: () => undefined },
    inventory: {
      snapshots: {
        find: async (id: string) => records.get(id) ?? null,
        remove: async (id: string) => records.delete(id),
        ofCluster: async (name: string) =>
          [...records.values()]
            .filter(({ cluster }) => cluster === name)
            .toSorted((one, other) => one.takenAt - other.takenAt),
        localBytes: async () =>
          new Map(
            [...Map.groupBy(records.values(), ({ cluster }) => cluster)].map(([cluster, kept]) => [
              cluster,
              kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
            ]),
          ),
        async keepObject(id: string, object: string) {
          const record = records.get(id);
          if (record !== undefined) records.set(id, { ...record, object });
          return record !== undefined;
        },
      },
    },
    executor: {
      clusters: () => clusters,
      specs: () => clusters.map((name) => ({ ...spec, name })),
      situation: () => ({ record: { spec, progress } }),
      async run(_cluster: string, { decide }: Operation) {
        const { also = [] } = decide({ progress, after: () => progress } as unknown as OperationSituation);
        for (const kept of also) if (kept.kind === 'snapshot') records.set(kept.record.id, kept.record);
      },
    },
  };
  return { keeper: snapshotKeeper(deps as unknown as SnapshotKeeperDeps), records, folder, progress, clock };
}
