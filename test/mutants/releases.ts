import type { Mutant } from './mutant.ts';

const coordinator = 'packages/coordinator';
const agent = 'packages/agent';
const storeTest = `${coordinator}/test/releases/release-store.test.ts`;
const apiTest = `${coordinator}/test/api/releases.test.ts`;
const ableTest = `${coordinator}/test/controller/formation/able-to-restore.test.ts`;
const restoreTest = `${agent}/test/snapshots/restore-with-tool.test.ts`;
const obstacleTest = `${agent}/test/snapshots/tool-obstacle.test.ts`;

/** Only root can run a program as another user. */
const asRoot: readonly Mutant[] =
  process.getuid?.() === 0
    ? [
        {
          id: 'restores-as-root',
          rule: 'R8',
          does: 'runs what it has fetched with its own rights',
          file: `${agent}/src/host/run-as.ts`,
          find: '...(isOther ? { uid: owner.uid, gid: owner.gid } : {})',
          replace: '...(isOther ? {} : {})',
          caughtBy: restoreTest,
        },
      ]
    : [];

export const releases: readonly Mutant[] = [
  ...asRoot,
  {
    id: 'believes-noexec',
    rule: 'restore',
    does: 'takes a mount that is noexec for one from which programs run',
    file: `${agent}/src/host/file-system.ts`,
    find: 'mount?.noexec === true ? mount.mountPoint : null',
    replace: 'mount?.noexec === true ? null : null',
    caughtBy: `${agent}/test/host/file-system.test.ts`,
  },
  {
    id: 'runs-another-program',
    rule: 'R9',
    does: 'runs a program with another hash than its desired state names',
    file: `${agent}/src/snapshots/fetch-in-parts.ts`,
    find: 'received === sizeBytes && found === sha256',
    replace: 'received === sizeBytes',
    caughtBy: restoreTest,
  },
  {
    id: 'fetches-for-root',
    rule: 'R8',
    does: 'runs a fetched program as root where etcd is root',
    file: `${agent}/src/snapshots/fetch-tool.ts`,
    find: 'if (uid === 0)',
    replace: 'if (uid === -1)',
    caughtBy: obstacleTest,
  },
  {
    id: 'saves-the-program',
    rule: 'restore',
    does: 'lets lbu save the program that it has fetched',
    file: `${agent}/src/loop/overlay-keeper.ts`,
    find: 'await lbu.exclude(deps.toExclude);',
    replace: '',
    caughtBy: `${agent}/test/loop/overlay-keeper.test.ts`,
  },
  {
    id: 'gives-a-release-to-anyone',
    rule: 'R8',
    does: 'gives a node a release that its desired state does not name',
    file: `${coordinator}/src/api/releases.ts`,
    find: 'toolIn(publications.current(nodeId)?.body) !== sha256',
    replace: "toolIn(publications.current(nodeId)?.body) === ''",
    caughtBy: apiTest,
  },
  {
    id: 'fails-for-one-cluster',
    rule: 'restore',
    does: 'answers that a release was not stored if one cluster cannot hear of it',
    file: `${coordinator}/src/executor/executor.ts`,
    find: '(error: unknown) => ({ cluster: name, error }),',
    replace: '(error: unknown) => Promise.reject(error),',
    caughtBy: apiTest,
  },
  {
    id: 'removes-what-is-fetched',
    rule: 'restore',
    does: 'removes a release that a founder may still fetch',
    file: `${coordinator}/src/api/releases.ts`,
    find: 'if (restoring !== undefined)',
    replace: "if (restoring === '')",
    caughtBy: apiTest,
  },
  {
    id: 'stops-without-a-program',
    rule: 'restore',
    does: 'stops etcd for a restore that no node can carry out',
    file: `${coordinator}/src/controller/formation/able-to-restore.ts`,
    find: 'unable.length === asked.length',
    replace: 'unable.length > asked.length',
    caughtBy: ableTest,
  },
  {
    id: 'stops-for-one-board',
    rule: 'restore',
    does: 'refuses a restore because one node cannot carry it out',
    file: `${coordinator}/src/controller/formation/able-to-restore.ts`,
    find: 'unable.length === asked.length',
    replace: 'unable.length > 0',
    caughtBy: ableTest,
  },
  {
    id: 'founds-without-a-program',
    rule: 'restore',
    does: 'has a node found a restored cluster that cannot restore',
    file: `${coordinator}/src/controller/formation/formation.ts`,
    find: 'ready.ok && progress.restore !== null ? restoreAbility(node) : ready',
    replace: 'ready.ok && progress.restore !== null && restoreAbility(node).ok ? ready : ready',
    caughtBy: ableTest,
  },
  {
    id: 'keeps-another-file',
    rule: 'R9',
    does: 'keeps a release with another hash than was given',
    file: `${coordinator}/src/releases/uploads.ts`,
    find: 'if (hash !== sha256)',
    replace: "if (hash === '')",
    caughtBy: storeTest,
  },
  {
    id: 'takes-any-number-of-uploads',
    rule: 'R18',
    does: 'takes in any number of files at a time',
    file: `${coordinator}/src/releases/uploads.ts`,
    find: 'underWay.size >= mostUploads',
    replace: 'underWay.size < 0',
    caughtBy: storeTest,
  },
  {
    id: 'takes-any-size',
    rule: 'R18',
    does: 'takes in a file of any size',
    file: `${coordinator}/src/releases/uploads.ts`,
    find: 'upload.received + octets.length > mostReleaseFileBytes',
    replace: 'upload.received + octets.length < 0',
    caughtBy: storeTest,
  },
  {
    id: 'takes-any-number-of-releases',
    rule: 'R18',
    does: 'keeps any number of releases',
    file: `${coordinator}/src/releases/release-store.ts`,
    find: 'kept.size >= mostReleases',
    replace: 'kept.size < 0',
    caughtBy: storeTest,
  },
  {
    id: 'unpacks-without-end',
    rule: 'R18',
    does: 'unpacks an archive however large it becomes',
    file: `${coordinator}/src/releases/take-out-etcdutl.ts`,
    find: 'came > mostUnpackedBytes',
    replace: 'came < 0',
    caughtBy: storeTest,
  },
];
