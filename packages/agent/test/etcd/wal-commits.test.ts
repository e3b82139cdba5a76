import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
import { cutBeforeFirstEntry } from '../../../../test/support/wal.ts';
import { etcdGateway } from '../../src/etcd/gateway.ts';
import { nothingCommitted } from '../../src/etcd/wal-commits.ts';
import { authority } from '../pki.ts';
import { startEtcd } from './etcd-process.ts';

const headBytes = 64 * 1024;

t.test('the log of a real etcd, complete and as a power cut would leave it', async (t) => {
  const etcd = await startEtcd(t, await authority('etcd clients'));
  const gateway = etcdGateway(etcd.endpoint);
  t.teardown(() => gateway.close());
  const served = async () => (await gateway.report())?.linearizableRead;
  await until('it serves', served, { within: 20_000, every: 50 });
  etcd.process.kill('SIGKILL');
  await once(etcd.process, 'exit');
  const folder = join(etcd.dataDir, 'member', 'wal');
  const name = readdirSync(folder).find((one) => one.endsWith('.wal')) ?? '';
  const whole = readFileSync(join(folder, name)).subarray(0, headBytes);
  t.notOk(nothingCommitted(whole), 'it has served');

  await cutBeforeFirstEntry(etcd.dataDir);
  const cut = readFileSync(join(folder, name)).subarray(0, headBytes);
  t.ok(nothingCommitted(cut), 'no entry has reached the disk');
  t.notOk(nothingCommitted(cut.subarray(0, 64)), 'its end is not visible');
  t.notOk(nothingCommitted(Buffer.alloc(headBytes)), 'not a log of etcd');

  const followedBy = (bytes: readonly number[]) => {
    const longer = Buffer.from(cut);
    longer.set(bytes, Math.ceil((cut.findLastIndex((byte) => byte !== 0) + 1) / 8) * 8);
    return longer;
  };
  const frame = (size: number) => [size, 0, 0, 0, 0, 0, 0, 0];
  const entry = [...frame(2), 8, 2, 0, 0, 0, 0, 0, 0];
  t.ok(nothingCommitted(followedBy(entry)), 'an entry without the state that etcd writes with it');
  t.notOk(nothingCommitted(followedBy([...entry, ...Array<number>(16).fill(0), 1])), 'something after the zeros');
  // A record of type 3 with a HardState as its data: term 2, vote 0, no commit.
  t.notOk(nothingCommitted(followedBy([...frame(10), 8, 3, 26, 6, 8, 2, 16, 0, 24, 0])), 'a state');
  // A record of type 5 with index 9 in it.
  t.notOk(nothingCommitted(followedBy([...frame(6), 8, 5, 26, 2, 8, 9])), 'a snapshot that a leader sent');
  t.notOk(nothingCommitted(followedBy([...frame(3), 255, 255, 255])), 'a record that cannot be read');
  t.notOk(nothingCommitted(followedBy(frame(headBytes - 1).fill(127, 1, 3))), 'one that does not end here');
});
