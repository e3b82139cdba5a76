import { writeFileSync } from 'node:fs';
import t from 'tap';
import { hostFiles } from '../../src/host/files/files.ts';
import { emptyJournal } from '../../src/journal/journal.ts';
import { journalPath } from '../../src/journal/journal-store.ts';
import { programFolder } from '../../src/model/program.ts';
import { startedFolder } from '../../src/programs/started-program.ts';
import { temporaryFolder } from '../support.ts';

const program = { version: '3.6.14', sha256: 'a'.repeat(64) };
const started = { incarnation: 'incarnation1', restartKey: '', etcdVersion: '3.6.14', confKey: '' };

t.test('the folder of the release that was started is known also to another process', async (t) => {
  const stateDir = temporaryFolder(t);
  const folder = async (startedWith: object | null) => {
    writeFileSync(journalPath(stateDir), JSON.stringify({ ...emptyJournal, startedWith }));
    return startedFolder(hostFiles(), stateDir);
  };
  t.equal(await folder({ ...started, program }), programFolder(stateDir, program));
  t.equal(await folder(started), null, 'the etcd of the package');
  t.equal(await folder(null), null, 'none yet');
});

t.test('a node without a readable journal has started no release', async (t) => {
  const stateDir = temporaryFolder(t);
  t.equal(await startedFolder(hostFiles(), stateDir), null);
  writeFileSync(journalPath(stateDir), '{');
  t.equal(await startedFolder(hostFiles(), stateDir), null);
});
