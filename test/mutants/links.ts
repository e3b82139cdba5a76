import type { Mutant } from './mutant.ts';

const agentHost = 'packages/agent/src/host';
const agentTests = 'packages/agent/test/host';

/** Only root can act in the folders of another user. */
const asRoot: readonly Mutant[] = [
  {
    id: 'removes-as-root',
    rule: 'No root for others:',
    does: 'lets root walk through folders of etcd’s user while it removes them',
    file: `${agentHost}/files/remove-tree.ts`,
    find: 'process.getuid?.() === 0 && found.uid !== 0',
    replace: 'found.uid === -1',
    caughtBy: `${agentTests}/files/remove-tree.test.ts`,
  },
  {
    id: 'walks-where-others-write',
    rule: 'No root for others:',
    does: 'removes by path in a folder in which others can change names',
    file: `${agentHost}/files/remove-tree.ts`,
    find: '    await folder.chmod(0o700);\n',
    replace: '',
    caughtBy: `${agentTests}/files/remove-tree.test.ts`,
  },
  {
    id: 'syncs-as-root',
    rule: 'No root for others:',
    does: 'lets root open what it finds in a restored data dir',
    file: `${agentHost}/files/restore-data-dir.ts`,
    find: '{ owner, patienceMs, cwd: beside }',
    replace: '{ owner: null, patienceMs, cwd: beside }',
    caughtBy: `${agentTests}/files/restore-data-dir.test.ts`,
  },
  {
    id: 'stuck-keeps-all',
    rule: 'No root for others:',
    does: 'lets data that etcd’s user keeps from being removed keep the data of other lives',
    file: 'packages/agent/src/leaving/former-data.ts',
    find: '        stuck.add(incarnation);\n',
    replace: '        throw error;\n',
    caughtBy: 'packages/agent/test/leaving/former-data.test.ts',
  },
];

/** Root in folders of other users: what these lay there leads it nowhere. */
export const links: readonly Mutant[] = [
  ...(process.getuid?.() === 0 ? asRoot : []),
  {
    id: 'root-in-foreign-folder',
    rule: 'No root for others:',
    does: 'lets root work in the folder of the coordinator’s user',
    file: 'packages/coordinator/src/files/own-folder.ts',
    find: 'found !== null && found.uid !== 0',
    replace: 'found === undefined',
    caughtBy: 'packages/coordinator/test/files/own-folder.test.ts',
  },
  {
    id: 'root-in-foreign-subfolder',
    rule: 'No root for others:',
    does: 'lets root work in a data directory with a folder of the coordinator’s user',
    file: 'packages/coordinator/src/files/own-folder.ts',
    find: '  for (const name of within) await requireOwnTree(join(path, name));\n',
    replace: '',
    caughtBy: 'packages/coordinator/test/files/own-folder.test.ts',
  },
  {
    id: 'log-by-second-name',
    rule: 'R11',
    does: 'reports a file that etcd’s user has given a second name in its log folder',
    file: `${agentHost}/log-tail.ts`,
    find: 'if (nlink > 1) return nothingSaid;',
    replace: '',
    caughtBy: `${agentTests}/etcd-log.test.ts`,
  },
  {
    id: 'log-by-link',
    rule: 'R11',
    does: 'reports a file to which etcd’s user has linked its log',
    file: `${agentHost}/log-tail.ts`,
    find: 'O_RDONLY | O_NOFOLLOW | O_NONBLOCK)',
    replace: 'O_RDONLY | (O_NOFOLLOW & 0) | O_NONBLOCK)',
    caughtBy: `${agentTests}/etcd-log.test.ts`,
  },
  {
    id: 'console-by-second-name',
    rule: 'No root for others:',
    does: 'empties a file that etcd’s user has given a second name in its log folder',
    file: `${agentHost}/log-folder.ts`,
    find: 'found.nlink > 1',
    replace: 'found.nlink > 9',
    caughtBy: `${agentTests}/log-folder.test.ts`,
  },
  {
    id: 'measures-through-links',
    rule: 'No root for others:',
    does: 'lets root look through a link in etcd’s log folder when etcd starts',
    file: `${agentHost}/openrc/openrc-definition.ts`,
    find: 'stat -c %s',
    replace: 'stat -L -c %s',
    caughtBy: `${agentTests}/openrc/openrc-definition.test.ts`,
  },
  {
    id: 'empties-foreign-folder',
    rule: 'No root for others:',
    does: 'empties a folder that somebody has given the name of a leftover',
    file: `${agentHost}/files/files.ts`,
    find: '    .catch(() => rmdir(path))\n',
    replace: '    .catch(() => rm(path, { recursive: true }))\n',
    caughtBy: `${agentTests}/files/files.test.ts`,
  },
];
