import type { Mutant } from './mutant.ts';

const agentHost = 'packages/agent/src/host';
const agentTests = 'packages/agent/test/host';

/** Root in folders of other users: what these lay there leads it nowhere. */
export const links: readonly Mutant[] = [
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
    id: 'follows-link',
    rule: 'No root for others:',
    does: 'follows a link in a restored data dir',
    file: `${agentHost}/files/restore-data-dir.ts`,
    find: 'constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK',
    replace: 'constants.O_RDONLY',
    caughtBy: `${agentTests}/files/restore-data-dir.test.ts`,
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
