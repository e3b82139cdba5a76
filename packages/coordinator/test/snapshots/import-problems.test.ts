import { gzipSync } from 'node:zlib';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import type { DataFacts } from '../../src/snapshots/data-facts.ts';
import { beginningProblem, dataProblem, wholenessProblem } from '../../src/snapshots/import-problems.ts';
import { databaseOf, pageSize, withHash } from '../support/database-pages.ts';

const database = databaseOf({});

t.test('a file of another kind is named by its first octets', async (t) => {
  const noPage = 'it does not begin with the meta page of a database';
  t.equal(beginningProblem(database), null);
  t.equal(beginningProblem(database.subarray(0, 80)), null, 'a small part is enough');
  const of = (octets: Buffer) => beginningProblem(octets);
  t.strictSame(of(Buffer.from('PK\x03\x04\x14\x00')), reason('import_is_archive', { kind: 'zip' }));
  t.strictSame(of(gzipSync(database)), reason('import_is_archive', { kind: 'gzip' }));
  t.strictSame(of(Buffer.from([0x08, 0xa1, 0xb2, 0x12, 0x10])), reason('import_is_raft_file'), 'member/snap/*.snap');
  const log = Buffer.from([4, 0, 0, 0, 0, 0, 0, 0x84, 0x08, 0x04, 0x10, 0x00]);
  t.strictSame(of(log), reason('import_is_raft_file'), 'member/wal/*.wal');
  t.strictSame(of(Buffer.from('<!DOCTYPE html>')), reason('import_is_no_snapshot', { problem: noPage }));
  t.strictSame(of(database.subarray(0, 79)), reason('import_is_no_snapshot', { problem: noPage }));
  t.strictSame(of(Buffer.alloc(0)), reason('import_is_no_snapshot', { problem: 'it is empty' }));
});

t.test('a file that is no whole snapshot is cut off, without a hash, or damaged', async (t) => {
  const problem = 'any';
  const first = database.subarray(0, 1000);
  const least = database.length + 32;
  const cut = (bytes: number) => reason('import_is_cut_off', { bytes, least });
  t.strictSame(wholenessProblem(first, pageSize, problem), cut(pageSize));
  t.strictSame(wholenessProblem(first, database.length - 1, problem), cut(database.length - 1));
  t.strictSame(wholenessProblem(first, database.length, problem), reason('import_has_no_hash'));
  t.strictSame(wholenessProblem(first, database.length + pageSize, problem), reason('import_has_no_hash'));
  t.strictSame(wholenessProblem(first, withHash(database).length, problem), reason('import_is_damaged', { problem }));
  t.strictSame(
    wholenessProblem(Buffer.alloc(0), 0, problem),
    reason('import_is_no_snapshot', { problem: 'it is empty' }),
  );
});

t.test('R17: only data that the etcd of the cluster can serve is imported', async (t) => {
  const facts: DataFacts = {
    ...{ format: '3.5', clusterVersion: '3.5.0', isOf35: true, admitsPicket: true, revision: 7 },
  };
  const of = (some: Partial<DataFacts>, minor: string | null = '3.5') =>
    dataProblem({ ...facts, ...some }, { cluster: 'x-k3s', minor });
  t.equal(of({}), null);
  t.equal(of({}, null), null);
  t.equal(of({ clusterVersion: '3.4.0', isOf35: false }, '3.7'), null, 'the oldest');
  t.equal(of({ clusterVersion: null }), null, 'an etcd of 3.5 has served with it');
  t.equal(of({ format: '3.6', clusterVersion: '3.6.0' }, '3.5'), null);
  for (const [clusterVersion, version] of [
    ['3.3.0', '3.3'],
    ['2.3.0', '2.3'],
  ] as const)
    t.strictSame(of({ clusterVersion, isOf35: false }), reason('import_is_too_old', { version }));
  t.strictSame(of({ clusterVersion: null, isOf35: false }), reason('import_has_no_version'));
  const newer = { format: '3.7', clusterVersion: '3.7.0' };
  const tooNew = (minor: string) => reason('import_is_too_new', { format: '3.7', minor, cluster: 'x-k3s' });
  t.strictSame(of(newer, '3.6'), tooNew('3.6'));
  t.strictSame(of(newer, '3.5'), tooNew('3.5'));
  t.equal(of(newer, '3.7'), null);
  t.equal(of(newer, null), null, 'the restore judges it');
  t.strictSame(of({ format: '3.8' }, null), reason('import_format_unknown', { format: '3.8' }));
  t.strictSame(of({ revision: null }), reason('import_is_empty'));
  t.equal(of({ admitsPicket: false }), null, 'its founder gets a user for Picket');
  t.strictSame(
    dataProblem(null, { cluster: 'x-k3s', minor: null }),
    reason('import_is_damaged', { problem: 'its buckets cannot be read' }),
  );
});
