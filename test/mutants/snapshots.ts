import type { Mutant } from './mutant.ts';

const coordinator = 'packages/coordinator';
const structure = `${coordinator}/src/snapshots/bbolt-structure.ts`;
const structureTest = `${coordinator}/test/snapshots/bbolt-structure.test.ts`;
const folder = `${coordinator}/src/snapshots/snapshot-folder.ts`;
const folderTest = `${coordinator}/test/snapshots/snapshot-folder.test.ts`;
const retention = `${coordinator}/src/snapshots/retention.ts`;
const retentionTest = `${coordinator}/test/snapshots/retention.test.ts`;
const share = `${coordinator}/src/model/disk-share.ts`;
const shareTest = `${coordinator}/test/model/disk-share.test.ts`;
const keeper = `${coordinator}/src/snapshots/snapshot-keeper.ts`;
const keeperTest = `${coordinator}/test/snapshots/snapshot-keeper.test.ts`;

/** Snapshots: only a database counts as one, and no cluster takes the room of another. */
export const snapshots: readonly Mutant[] = [
  {
    id: 'keeps-what-is-no-database',
    rule: 'snapshots',
    does: 'keeps anything with its own hash at the end as a snapshot',
    file: folder,
    find: "if (misbuilt !== null) throw failure('snapshot_invalid'",
    replace: "if (misbuilt === '') throw failure('snapshot_invalid'",
    caughtBy: folderTest,
  },
  {
    id: 'calls-any-file-a-good-snapshot',
    rule: 'snapshots',
    does: 'says of a stored file that is no database that it is a good snapshot',
    file: keeper,
    find: "if (misbuilt !== null) throw failure('snapshot_not_database'",
    replace: "if (misbuilt === '') throw failure('snapshot_not_database'",
    caughtBy: keeperTest,
  },
  {
    id: 'believes-any-meta-page',
    rule: 'snapshots',
    does: 'does not compare the checksum of a meta page',
    file: structure,
    find: 'body.readBigUInt64LE(56) !== fnv1a(body.subarray(0, 56))',
    replace: 'body.readBigUInt64LE(56) < 0n',
    caughtBy: structureTest,
  },
  {
    id: 'reads-one-meta-page',
    rule: 'snapshots',
    does: 'takes a database without its second meta page for a whole one',
    file: structure,
    find: 'if (second === null || second.pageSize !== pageSize) return',
    replace: 'if (second?.pageSize === 0) return',
    caughtBy: structureTest,
  },
  {
    id: 'counts-no-pages',
    rule: 'snapshots',
    does: 'takes a database without its last pages for a whole one',
    file: structure,
    find: 'if (first.pages * BigInt(pageSize) > BigInt(bytes)) return',
    replace: 'if (first.pages < 0n) return',
    caughtBy: structureTest,
  },
  {
    id: 'says-that-etcdutl-has-read-all',
    rule: 'snapshots',
    does: 'says of a snapshot that etcdutl has read it although there is no etcdutl',
    file: keeper,
    find: "return status === null ? 'structure' : 'etcdutl';",
    replace: "return 'etcdutl';",
    caughtBy: keeperTest,
  },
  {
    id: 'one-cluster-fills-the-disk',
    rule: 'R18',
    does: 'keeps no room on the disk for the snapshots of other clusters',
    file: share,
    find: '.reduce((sum, [, bytes]) => sum + Math.max(0, share - bytes), 0);',
    replace: '.reduce((sum) => sum, 0);',
    caughtBy: shareTest,
  },
  {
    id: 'counts-no-snapshots-of-a-cluster',
    rule: 'R18',
    does: 'takes snapshots of a cluster beyond its room',
    file: keeper,
    find: 'await requireShare(from.cluster, id, octets.length);',
    replace: '',
    caughtBy: keeperTest,
  },
  {
    id: 'refuses-before-it-removes',
    rule: 'R18',
    does: 'refuses a snapshot for want of room that retention would have made',
    file: keeper,
    find: 'if (prunedFor !== id) {',
    replace: "if (prunedFor === '') {",
    caughtBy: keeperTest,
  },
  {
    id: 'large-clusters-lose-their-room',
    rule: 'R18',
    does: 'refuses a cluster beyond its share although no other cluster needs that room',
    file: share,
    find: 'return Math.max(0, ofItsShare, free - keptForOthers);',
    replace: 'return Math.max(0, ofItsShare);',
    caughtBy: shareTest,
  },
  {
    id: 'removes-the-last-of-the-given-up',
    rule: 'R19',
    does: 'removes the last snapshot of a cluster that a restore has given up, for the sake of later ones',
    file: retention,
    find: 'for (const id of lastOfEach(snapshots)) kept.add(id);',
    replace: '',
    caughtBy: retentionTest,
  },
  {
    id: 'finds-the-last-by-dates',
    rule: 'R19',
    does: 'takes a snapshot that a wrong clock has dated for the last one of a cluster that was given up',
    file: retention,
    find: 'lastOfEach(snapshots)) kept.add',
    replace: 'lastOfEach(newestFirst.toReversed())) kept.add',
    caughtBy: retentionTest,
  },
  {
    id: 'removes-needed-ones-by-order',
    rule: 'R19',
    does: 'removes the newest snapshot, or one that is being restored, by an order',
    file: keeper,
    find: 'await unlessHeld(record, async () => {\n        await copies.removeObject(record);',
    replace: 'await Promise.resolve().then(async () => {\n        await copies.removeObject(record);',
    caughtBy: keeperTest,
  },
  {
    id: 'forgets-objects-by-order',
    rule: 'R19',
    does: 'removes the record of a snapshot that stays in the store for ever',
    file: keeper,
    find: 'await copies.removeObject(record);',
    replace: '',
    caughtBy: keeperTest,
  },
  {
    id: 'removes-snapshots-unasked',
    rule: 'R19',
    does: 'removes a snapshot before anybody has confirmed it',
    file: 'packages/cli/src/commands/snapshot.ts',
    find: 'yes === true ? { yes } : {}',
    replace: '{ yes: true }',
    caughtBy: 'packages/cli/test/snapshots.test.ts',
  },
];
