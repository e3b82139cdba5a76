import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
import { etcdGateway } from '../../src/etcd/gateway.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { raftSnapshotIndex } from '../../src/observe/raft-snapshot-index.ts';
import { startEtcd } from '../etcd/etcd-process.ts';
import { authority } from '../pki.ts';
import { temporaryFolder } from '../support.ts';

const files = hostFiles();

function folderWith(dataDir: string, ...names: readonly string[]): string {
  mkdirSync(join(dataDir, 'member/snap'), { recursive: true });
  for (const name of names) writeFileSync(join(dataDir, 'member/snap', name), '');
  return dataDir;
}

t.test('the newest raft snapshot is the last one as etcd sorts them', async (t) => {
  const older = '0000000000000002-00000000000000ff.snap';
  const dataDir = folderWith(temporaryFolder(t), older, '0000000000000003-0000000000000a10.snap', 'db');
  t.equal(await raftSnapshotIndex(files, dataDir), 0xa10);
});

t.test('damaged ones, and databases that a leader sends, are no raft snapshots', async (t) => {
  const good = '0000000000000002-00000000000000ff.snap';
  const others = ['0000000000000003-0000000000000a10.snap.broken', '0000000000000b00.snap.db', 'db.tmp.1'];
  t.equal(await raftSnapshotIndex(files, folderWith(temporaryFolder(t), good, ...others)), 0xff);
  t.equal(await raftSnapshotIndex(files, folderWith(temporaryFolder(t), ...others)), null);
  t.equal(await raftSnapshotIndex(files, join(temporaryFolder(t), 'missing')), null);
});

t.test(
  'R17 a real etcd on which nobody writes has a raft snapshot past every former entry soon after a restart with snapshot-count 1',
  async (t) => {
    const ca = await authority('etcd clients');
    const etcd = await startEtcd(t, ca, { settings: { 'snapshot-count': 10_000 } });
    const gateway = etcdGateway(etcd.endpoint);
    t.teardown(() => gateway.close());
    const report = () =>
      until('it serves', async () => {
        const said = await gateway.report();
        return said?.linearizableRead === true && said;
      });
    const { raftAppliedIndex } = await report();
    t.equal(await raftSnapshotIndex(files, etcd.dataDir), null);
    const conf = join(dirname(etcd.dataDir), 'conf.yml');
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('"snapshot-count":10000', '"snapshot-count":1'));
    etcd.process.kill('SIGTERM');
    await once(etcd.process, 'exit');
    await etcd.startAgain();
    const found = await until('it has a raft snapshot past the index', async () => {
      const index = await raftSnapshotIndex(files, etcd.dataDir);
      return index !== null && index > raftAppliedIndex && index;
    });
    t.ok(found <= (await report()).raftAppliedIndex, 'the name has the index of an entry that etcd has applied');
  },
);
