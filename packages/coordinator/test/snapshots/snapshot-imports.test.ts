import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { reserveBytes } from '../../src/files/disk-room.ts';
import type { SnapshotRecord } from '../../src/inventory/inventory.ts';
import type { Operation, OperationSituation } from '../../src/operations/operation.ts';
import { openSnapshotFolder } from '../../src/snapshots/snapshot-folder.ts';
import { type SnapshotImportsDeps, snapshotImports } from '../../src/snapshots/snapshot-imports.ts';
import { databaseOf, pageSize, withHash } from '../support/database-pages.ts';

const minute = 60_000;
const by = 'operator ada';
const content = withHash(databaseOf({ clusterVersion: '3.5.0', revision: 7 }));
const announced = (octets = content) => ({
  sizeBytes: octets.length,
  sha256: createHash('sha256').update(octets).digest('hex'),
});

interface Options {
  readonly quotaBackendBytes?: number;
  readonly etcdMinor?: string;
  readonly freeBytes?: (path: string) => Promise<number>;
  readonly requireShare?: SnapshotImportsDeps['requireShare'];
  readonly readStatus?: SnapshotImportsDeps['readStatus'];
}

async function importsOf(t: Test, options: Options = {}) {
  const path = t.testdir();
  const { quotaBackendBytes = 1e9, etcdMinor = null, freeBytes, requireShare, readStatus } = options;
  const folder = await openSnapshotFolder(path, freeBytes);
  const clock = { monotonic: 0 };
  const records = new Map<string, SnapshotRecord>();
  const spec = { name: 'c', tuning: { quotaBackendBytes } };
  const progress: { deletion: object | null; etcdMinor: string | null } = { deletion: null, etcdMinor };
  let count = 0;
  const deps = {
    folder,
    executor: {
      situation: () => ({ record: { spec, progress } }),
      async run(_cluster: string, { decide }: Operation) {
        const { also = [] } = decide({ spec, progress } as unknown as OperationSituation);
        for (const kept of also) if (kept.kind === 'snapshot') records.set(kept.record.id, kept.record);
      },
    },
    readStatus: readStatus ?? (async () => null),
    requireShare: requireShare ?? (async () => undefined),
    isRecorded: async (id: string) => records.has(id),
    newId: () => `import${++count}`,
    now: () => 1000,
    monotonic: () => clock.monotonic,
    log: { info: () => undefined },
  };
  const imports = snapshotImports(deps as unknown as SnapshotImportsDeps);
  const files = () => readdirSync(path);
  const send = async (octets: Buffer, end: { sizeBytes: number; sha256: string } = announced(octets)) => {
    const id = await imports.begin('c', by, {});
    for (let offset = 0; offset < octets.length; offset += pageSize)
      await imports.part(by, id, offset, octets.subarray(offset, offset + pageSize));
    return imports.end(by, id, end);
  };
  /** The file is refused for this reason, and nothing of it stays. */
  const refuses = async (octets: Buffer, why: Reason, end = announced(octets)) => {
    const refused = failure('snapshot_import_refused', { cluster: 'c', reason: why });
    await t.rejects(send(octets, end), { code: refused.code, facts: refused.facts });
    t.strictSame([files(), records.size, imports.arriving()], [[], 0, null], why.code);
  };
  return { imports, send, refuses, records, progress, clock, files, path };
}

t.test('a file that arrives whole is stored under the name of the operator', async (t) => {
  const { imports, send, records, path, files } = await importsOf(t, {
    readStatus: async () => ({ revision: 7, totalKeys: 2 }),
  });
  const record = await send(content);
  t.strictSame(record, {
    ...{ id: 'import1', cluster: 'c', clusterId: null, formation: null, member: null, etcdVersion: null },
    ...{
      takenAt: 1000,
      why: reason('imported', { by }),
      revision: 7,
      totalKeys: 2,
      checkedBy: 'etcdutl',
      object: null,
    },
    ...announced(),
  });
  t.strictSame(records.get('import1'), record);
  t.strictSame(files(), ['import1.db']);
  t.ok(readFileSync(join(path, 'import1.db')).equals(content));
  t.equal(imports.arriving(), null, 'the next one may come');
  await t.test('without etcdutl its revision is read from its data', async (t) => {
    const { send } = await importsOf(t);
    t.match(await send(content), { revision: 7, totalKeys: null, checkedBy: 'structure' });
  });
});

t.test('what is no snapshot is refused, and nothing of it is kept', async (t) => {
  const { refuses } = await importsOf(t, { etcdMinor: '3.6' });
  await refuses(Buffer.alloc(0), reason('import_is_no_snapshot', { problem: 'it is empty' }));
  await refuses(Buffer.from('PK\x03\x04 and so on'), reason('import_is_archive', { kind: 'zip' }));
  const cut = content.subarray(0, 2 * pageSize);
  await refuses(cut, reason('import_is_cut_off', { bytes: cut.length, least: content.length }));
  await refuses(content.subarray(0, content.length - 32), reason('import_has_no_hash'));
  const changed = Buffer.from(content);
  changed[3 * pageSize + 100] = 1;
  await refuses(
    changed,
    reason('import_is_damaged', { problem: 'its content does not match the hash that etcd put at its end' }),
  );
  const { sha256 } = announced();
  await refuses(content, reason('import_has_other_size', { found: content.length, wanted: content.length + 1 }), {
    sizeBytes: content.length + 1,
    sha256,
  });
  await refuses(content, reason('import_is_another', { found: sha256, wanted: 'ab'.repeat(32) }), {
    ...announced(),
    sha256: 'ab'.repeat(32),
  });
  const old = withHash(databaseOf({ confState: false, clusterVersion: '3.3.0' }));
  await refuses(old, reason('import_is_too_old', { version: '3.3' }));
  const newer = withHash(databaseOf({ storageVersion: '3.7.0', clusterVersion: '3.7.0' }));
  await refuses(newer, reason('import_is_too_new', { format: '3.7', minor: '3.6', cluster: 'c' }));
});

t.test('what etcdutl cannot read is refused', async (t) => {
  const problem = 'etcdutl cannot read it: panic';
  const { refuses } = await importsOf(t, {
    readStatus: async (id) => {
      throw failure('snapshot_damaged', { id, problem });
    },
  });
  await refuses(content, reason('import_is_damaged', { problem }));
});

t.test('R18: no more arrives than the quota of the cluster allows, announced or not', async (t) => {
  const quota = content.length - 33;
  const { imports, refuses, files } = await importsOf(t, { quotaBackendBytes: quota });
  const why = reason('import_is_too_large', { cluster: 'c', quota });
  await refuses(content, why);
  const { code, facts } = failure('snapshot_import_refused', { cluster: 'c', reason: why });
  await t.rejects(imports.begin('c', by, { sizeBytes: content.length }), { code, facts });
  t.strictSame(files(), []);
  await t.test('as much as the quota does', async (t) => {
    const { send } = await importsOf(t, { quotaBackendBytes: content.length - 32 });
    t.match(await send(content), announced());
  });
});

t.test('R18: one import at a time, which ends if no part comes, or if it takes too long', async (t) => {
  const { imports, clock, files, send } = await importsOf(t);
  const first = await imports.begin('c', by, {});
  await imports.part(by, first, 0, content.subarray(0, 512));
  const running = { code: 'snapshot_import_running', facts: { cluster: 'c', by, minutes: 2 } };
  await t.rejects(imports.begin('c', 'operator eve', {}), running);
  clock.monotonic = 2 * minute;
  await t.rejects(imports.begin('c', by, {}), running);
  await imports.part(by, first, 512, content.subarray(512, 1024));
  clock.monotonic = 4 * minute;
  await imports.tidy();
  t.strictSame(files(), ['import1.db.part']);
  clock.monotonic += 1;
  await imports.tidy();
  t.strictSame(files(), []);
  await t.rejects(imports.part(by, first, 1024, content.subarray(1024, 2048)), {
    code: 'not_found',
    facts: { what: 'import', name: first },
  });
  const second = await imports.begin('c', by, {});
  const late = 12 * 60 * minute;
  clock.monotonic += late;
  await imports.part(by, second, 0, content.subarray(0, 512));
  clock.monotonic += 1;
  await t.rejects(imports.part(by, second, 512, content.subarray(512, 1024)), {
    code: 'snapshot_import_refused',
    facts: { reason: reason('import_takes_too_long', { hours: 12 }) },
  });
  t.strictSame(files(), []);
  t.match(await send(content), announced(), 'the next one is whole');
});

t.test('R8: only the operator who began an import sends, ends or gives it up', async (t) => {
  const { imports, files } = await importsOf(t);
  const id = await imports.begin('c', by, {});
  const eve = 'operator eve';
  const unknown = { code: 'not_found', facts: { what: 'import', name: id } };
  await t.rejects(imports.part(eve, id, 0, content), unknown);
  await t.rejects(imports.end(eve, id, announced()), unknown);
  await t.rejects(imports.abandon(eve, id), unknown);
  await t.rejects(imports.part(by, 'another', 0, content), { code: 'not_found' });
  await imports.part(by, id, 0, content);
  await imports.abandon(by, id);
  t.strictSame([files(), imports.arriving()], [[], null]);
});

t.test('a part that comes again counts once, and one at another place ends the import', async (t) => {
  const { imports, files } = await importsOf(t);
  const id = await imports.begin('c', by, {});
  t.equal(await imports.part(by, id, 0, content.subarray(0, 512)), 512);
  t.equal(await imports.part(by, id, 0, content.subarray(0, 512)), 512, 'its answer was lost');
  t.strictSame(imports.arriving()?.receivedBytes, 512);
  await t.rejects(imports.part(by, id, 1024, content.subarray(1024)), {
    code: 'snapshot_import_misplaced',
    facts: { id, received: 512, offset: 1024 },
  });
  t.strictSame([files(), imports.arriving()], [[], null]);
});

t.test('R9: while a file is checked, nothing else is done with it', async (t) => {
  const reading = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const { imports, clock, files } = await importsOf(t, {
    readStatus: async () => {
      reading.resolve();
      await mayEnd.promise;
      return null;
    },
  });
  const id = await imports.begin('c', by, {});
  await imports.part(by, id, 0, content);
  const ending = imports.end(by, id, announced());
  await reading.promise;
  clock.monotonic = 60 * minute;
  await imports.tidy();
  const busy = { code: 'snapshot_import_misplaced' };
  await t.rejects(imports.abandon(by, id), busy);
  await t.rejects(imports.part(by, id, content.length, content), busy);
  await t.rejects(imports.begin('c', by, {}), { code: 'snapshot_import_running' });
  mayEnd.resolve();
  t.match(await ending, announced());
  t.strictSame(files(), ['import1.db']);
});

t.test('R18: without room, or beyond the share of the cluster, nothing is kept', async (t) => {
  await t.test('a disk that is too small for what is announced', async (t) => {
    const { imports, files } = await importsOf(t, { freeBytes: async () => reserveBytes + content.length - 1 });
    const lack = { code: 'snapshot_no_room' };
    await t.rejects(imports.begin('c', by, { sizeBytes: content.length }), lack);
    t.strictSame([files(), imports.arriving()], [[], null]);
  });
  await t.test('a disk that becomes full', async (t) => {
    let free = reserveBytes + content.length;
    const { imports, files } = await importsOf(t, { freeBytes: async () => free });
    const id = await imports.begin('c', by, { sizeBytes: content.length });
    await imports.part(by, id, 0, content.subarray(0, 512));
    free = reserveBytes + 511;
    await t.rejects(imports.part(by, id, 512, content.subarray(512, 1024)), { code: 'snapshot_no_room' });
    t.strictSame([files(), imports.arriving()], [[], null]);
  });
  await t.test('the share', async (t) => {
    const wanted: number[] = [];
    const { imports, files } = await importsOf(t, {
      async requireShare(cluster, id, bytes) {
        wanted.push(bytes);
        if (bytes === 512) throw failure('snapshot_share_used', { id, cluster, usedMiB: 1, freeMiB: 1 });
      },
    });
    const id = await imports.begin('c', by, { sizeBytes: content.length });
    await t.rejects(imports.part(by, id, 0, content.subarray(0, 512)), { code: 'snapshot_share_used' });
    t.strictSame(wanted, [content.length, 512]);
    t.strictSame([files(), imports.arriving()], [[], null]);
  });
});

t.test('a cluster that is deleted meanwhile gets no snapshot, and no file stays', async (t) => {
  const { imports, progress, files, records } = await importsOf(t);
  const id = await imports.begin('c', by, {});
  await imports.part(by, id, 0, content);
  progress.deletion = {};
  const deleted = { code: 'cluster_deleted', facts: { cluster: 'c' } };
  await t.rejects(imports.end(by, id, announced()), deleted);
  await t.rejects(imports.begin('c', by, {}), deleted);
  t.strictSame([files(), records.size, imports.arriving()], [[], 0, null]);
});

t.test('an import that runs ends with the coordinator', async (t) => {
  const { imports, files } = await importsOf(t);
  const id = await imports.begin('c', by, {});
  await imports.part(by, id, 0, content.subarray(0, 512));
  await imports.close();
  t.strictSame(files(), []);
  await imports.close();
});
