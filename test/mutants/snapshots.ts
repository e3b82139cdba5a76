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
    in: 'Incoming.#finish',
    guard: 'if (misbuilt !== null) $body; const verdict = await judge(file.path);',
    without: "if (misbuilt === '') $body; const verdict = await judge(file.path);",
    caughtBy: folderTest,
  },
  {
    id: 'calls-any-file-a-good-snapshot',
    rule: 'snapshots',
    does: 'says of a stored file that is no database that it is a good snapshot',
    file: keeper,
    in: 'check',
    guard: 'misbuilt !== null',
    without: "misbuilt === ''",
    caughtBy: keeperTest,
  },
  {
    id: 'believes-any-meta-page',
    rule: 'snapshots',
    does: 'does not compare the checksum of a meta page',
    file: structure,
    in: 'metaOf',
    guard: 'body.readBigUInt64LE(56) !== fnv1a(body.subarray(0, 56))',
    without: 'body.readBigUInt64LE(56) < 0n',
    caughtBy: structureTest,
  },
  {
    id: 'reads-one-meta-page',
    rule: 'snapshots',
    does: 'takes a database without its second meta page for a whole one',
    file: structure,
    in: 'structureProblem',
    guard:
      'if (bytes % pageSize !== 0) $body; const second = $1; if (second === null || second.pageSize !== pageSize) $body2;',
    without: 'if (bytes % pageSize !== 0) $body; const second = $1; if (second?.pageSize === 0) $body2;',
    caughtBy: structureTest,
  },
  {
    id: 'counts-no-pages',
    rule: 'snapshots',
    does: 'takes a database without its last pages for a whole one',
    file: structure,
    in: 'structureProblem',
    guard: 'first.pages * BigInt(pageSize) > BigInt(bytes)',
    without: 'first.pages < 0n',
    caughtBy: structureTest,
  },
  {
    id: 'says-that-etcdutl-has-read-all',
    rule: 'snapshots',
    does: 'says of a snapshot that etcdutl has read it although there is no etcdutl',
    file: keeper,
    in: 'checkedBy',
    guard: "status === null ? 'structure' : 'etcdutl'",
    without: "'etcdutl'",
    caughtBy: keeperTest,
  },
  {
    id: 'one-cluster-fills-the-disk',
    rule: 'R18',
    does: 'keeps no room on the disk for the snapshots of other clusters',
    file: share,
    in: 'roomFor',
    guard: '(sum, [, bytes]) => sum + Math.max(0, share - bytes)',
    without: '(sum) => sum',
    caughtBy: shareTest,
  },
  {
    id: 'counts-no-snapshots-of-a-cluster',
    rule: 'R18',
    does: 'takes snapshots of a cluster beyond its room',
    file: keeper,
    in: 'snapshotKeeper.part',
    guard: 'await requireShare(from.cluster, id, octets.length);',
    without: '',
    caughtBy: keeperTest,
  },
  {
    id: 'refuses-before-it-removes',
    rule: 'R18',
    does: 'refuses a snapshot for want of room that retention would have made',
    file: keeper,
    in: 'requireShare',
    guard: 'prunedFor !== id',
    without: "prunedFor === ''",
    caughtBy: keeperTest,
  },
  {
    id: 'large-clusters-lose-their-room',
    rule: 'R18',
    does: 'refuses a cluster beyond its share although no other cluster needs that room',
    file: share,
    in: 'roomFor',
    guard: 'free - keptForOthers',
    without: '',
    caughtBy: shareTest,
  },
  {
    id: 'removes-the-last-of-the-given-up',
    rule: 'R19',
    does: 'removes the last snapshot of a cluster that a restore has given up, for the sake of later ones',
    file: retention,
    in: 'superfluous',
    guard: 'for (const id of lastOfEach(snapshots)) kept.add(id);',
    without: '',
    caughtBy: retentionTest,
  },
  {
    id: 'finds-the-last-by-dates',
    rule: 'R19',
    does: 'takes a snapshot that a wrong clock has dated for the last one of a cluster that was given up',
    file: retention,
    in: 'superfluous',
    guard: 'lastOfEach(snapshots)',
    without: 'lastOfEach(newestFirst.toReversed())',
    caughtBy: retentionTest,
  },
  {
    id: 'removes-needed-ones-by-order',
    rule: 'R19',
    does: 'removes the newest snapshot, or one that is being restored, by an order',
    file: keeper,
    in: 'snapshotKeeper.remove',
    guard: 'let isRemoved = false; await unlessPinned(record, $1);',
    without: 'let isRemoved = false; await Promise.resolve().then($1);',
    caughtBy: keeperTest,
  },
  {
    id: 'forgets-objects-by-order',
    rule: 'R19',
    does: 'removes the record of a snapshot that stays in the store for ever',
    file: keeper,
    in: 'snapshotKeeper.remove',
    guard: 'await copies.removeObject(record);',
    without: '',
    caughtBy: keeperTest,
  },
  {
    id: 'removes-snapshots-unasked',
    rule: 'R19',
    does: 'removes a snapshot before anybody has confirmed it',
    file: 'packages/cli/src/commands/snapshot.ts',
    in: 'snapshotCommands',
    guard: 'confirmUnlessGiven(shell.io, { yes }, $1)',
    without: 'confirmUnlessGiven(shell.io, { yes: true }, $1)',
    caughtBy: 'packages/cli/test/snapshots.test.ts',
  },
];
