import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import t from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { dataFacts } from '../../src/snapshots/data-facts.ts';
import {
  branchOf,
  databaseOf,
  databasePages,
  leafOf,
  pageSize,
  revisionName,
  rootAt,
  withHash,
} from '../support/database-pages.ts';
import { snapshotOfEtcd } from '../support/snapshot-of-etcd.ts';

const etcd = await ensureEtcd();

t.test(
  `the snapshot of an etcd ${etcd.version} says its version, its revision, and whether authentication is on`,
  async (t) => {
    const minor = minorOf(etcd.version);
    const about = { format: minor, clusterVersion: `${minor}.0`, isOf35: true };
    const many = Array.from({ length: 60 }, (_, number) => ['put', `k${number}`, 'x'.repeat(90_000)]);
    const plain = await dataFacts(await snapshotOfEtcd(t, etcd, many));
    t.strictSame(plain, { ...about, admitsPicket: true, revision: 61 });
    await t.test('with authentication', async (t) => {
      const enabled = [
        ['put', 'a', 'b'],
        ['user', 'add', 'root:secret'],
        ['user', 'grant-role', 'root', 'root'],
        ['auth', 'enable'],
      ];
      const path = await snapshotOfEtcd(t, etcd, enabled, ['--user', 'root:secret']);
      t.strictSame(await dataFacts(path), { ...about, admitsPicket: false, revision: 2 });
      const withUser = [
        ...enabled.slice(0, -1),
        ...['app', 'picket-agent'].map((user) => ['user', 'add', user, '--no-password']),
        ['role', 'add', 'a'],
        ['user', 'grant-role', 'picket-agent', 'a'],
      ];
      const inOrder = [['user', 'grant-role', 'picket-agent', 'root'], ...enabled.slice(-1)];
      for (const [commands, admitsPicket] of [
        [[...withUser, ...enabled.slice(-1)], false],
        [[...withUser, ...inOrder], true],
      ] as const) {
        const path = await snapshotOfEtcd(t, etcd, commands, ['--user', 'root:secret']);
        t.strictSame(await dataFacts(path), { ...about, admitsPicket, revision: 2 });
      }
    });
    await t.test('without a key', async (t) => {
      t.strictSame(await dataFacts(await snapshotOfEtcd(t, etcd, [])), {
        ...about,
        admitsPicket: true,
        revision: null,
      });
    });
  },
);

t.test('facts of a database are read from its buckets alone', async (t) => {
  const path = join(t.testdir(), 'snapshot.db');
  const of = (pages: Buffer) => {
    writeFileSync(path, withHash(pages));
    return dataFacts(path);
  };
  const facts = { format: '3.5', clusterVersion: null, isOf35: true, admitsPicket: true, revision: 5 };
  t.strictSame(await of(databaseOf({})), facts);
  t.strictSame(await of(databaseOf({ confState: false, clusterVersion: '3.4.0' })), {
    ...facts,
    ...{ isOf35: false, clusterVersion: '3.4.0' },
  });
  t.strictSame(await of(databaseOf({ storageVersion: '3.6.0' })), { ...facts, format: '3.6' });
  t.strictSame(await of(databaseOf({ authEnabled: true })), { ...facts, admitsPicket: false });
  for (const [user, admitsPicket] of [
    ['\x0a\x01p\x1a\x01a\x1a\x04root', true],
    [`\x12\x81\x01${'x'.repeat(129)}\x1a\x04root`, true],
    ['\x0a\x01p\x1a\x05roots', false],
    ['\x0a\x04root', false],
    ['\x0a\x01p\x1a\x7froot', false],
    ['\x12\xff\xff\x01', false],
    ['\x08\x01\x1a\x04root', false],
  ] as const)
    t.match(await of(databaseOf({ authEnabled: true, user: Buffer.from(user, 'latin1') })), { admitsPicket }, user);
  t.strictSame(await of(databaseOf({ authEnabled: false, revision: 0 })), { ...facts, revision: null });
  t.strictSame(await of(databaseOf({ clusterVersion: 'three' })), facts);
  t.equal(await of(databaseOf({ storageVersion: 'three' })), null);

  const tree = databaseOf({});
  branchOf(5, [
    [revisionName(1), 6],
    [revisionName(9), 3],
  ]).copy(tree, 5 * pageSize);
  leafOf(3, [{ name: revisionName(1_000_000_000_009), value: 'any' }]).copy(tree, 3 * pageSize);
  t.match(await of(tree), { revision: 1_000_000_000_009 }, 'the last page of a tree');
  leafOf(3, [{ name: revisionName(2 ** 53), value: 'any' }]).copy(tree, 3 * pageSize);
  t.equal(await of(tree), null, 'a revision that no etcd reaches');
  branchOf(5, [[revisionName(1), 5]]).copy(tree, 5 * pageSize);
  t.equal(await of(tree), null, 'a page that names itself');
  leafOf(5, [])
    .fill(0xff, 10, 12)
    .copy(tree, 5 * pageSize);
  t.equal(await of(tree), null, 'more entries than the page has');
  leafOf(2, [{ name: 'meta', value: rootAt(6), isBucket: true }]).copy(tree, 2 * pageSize);
  t.equal(await of(tree), null, 'without the bucket of the keys');
  t.equal(await of(databasePages(randomBytes(12 * pageSize))), null);
});
