import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
import { etcdGateway } from '../../src/etcd/gateway.ts';
import { newestOf } from '../../src/host/log-tail.ts';
import { walDamage } from '../../src/report/damage.ts';
import { startEtcd } from '../etcd/etcd-process.ts';
import { authority } from '../pki.ts';

const ca = await authority('etcd clients');

const dir = '/var/lib/picket/etcd/life1';
const info = (msg: string, more = {}) => JSON.stringify({ level: 'info', ts: 1, msg, ...more });
/** The lines of etcd 3.5.16 at its start and its end. */
const starts = (dataDir = dir) => [
  info('Running: ', { args: ['/usr/bin/etcd'] }),
  info('server has been already initialized', { 'data-dir': dataDir, 'dir-type': 'member' }),
];
const ends = (error = 'walpb: crc mismatch') => [
  info('closed etcd server', { name: 'a', 'data-dir': dir }),
  JSON.stringify({ level: 'fatal', ts: 1, msg: 'discovery failed', error, stacktrace: 'x'.repeat(2000) }),
];

t.test('R16: etcd’s words for a log that it cannot read are reported', async (t) => {
  t.equal(walDamage([...starts(), ...ends()], dir), 'walpb: crc mismatch');
  t.equal(walDamage([...starts(), ...ends('wal: file not found')], dir), 'wal: file not found');
});

t.test('R16: a truncated long line counts as well', async (t) => {
  t.equal(walDamage([...starts(), ...ends().map((line) => line.slice(0, 1000))], dir), 'walpb: crc mismatch');
});

t.test('R16: another end is no damage', async (t) => {
  for (const error of ['permission denied', 'read wal: input/output error', 'member has been permanently removed'])
    t.equal(walDamage([...starts(), ...ends(error)], dir), null, error);
  t.equal(walDamage([...starts(), 'panic: tocommit(5) is out of range'], dir), null);
  t.equal(walDamage([], dir), null);
});

t.test('R16: words about another incarnation do not count for this one', async (t) => {
  const other = '/var/lib/picket/etcd/life2';
  t.equal(walDamage([...starts(), ...ends()], other), null);
  t.equal(walDamage(ends().slice(1), dir), null, 'nor do they if the log does not say for which incarnation');
});

t.test('R16: after another run has begun, it is no longer reported', async (t) => {
  t.equal(walDamage([...starts(), ...ends(), ...starts()], dir), null);
});

t.test('R16: so says the real etcd', async (t) => {
  const etcd = await startEtcd(t, ca);
  const gateway = etcdGateway(etcd.endpoint);
  await until('it serves', async () => (await gateway.report())?.linearizableRead === true, { within: 20_000 });
  await gateway.close();
  etcd.process.kill('SIGKILL');
  await once(etcd.process, 'exit');
  const wal = join(etcd.dataDir, 'member/wal');
  const [log] = readdirSync(wal).filter((name) => name.endsWith('.wal'));
  const file = await open(join(wal, log ?? ''), 'r+');
  await file.write(Buffer.from([0xff, 0x00, 0xff]), 0, 3, 150);
  await file.close();
  await etcd.startAgain();
  await until('it has ended', () => etcd.log().includes('"level":"fatal"'), { within: 20_000 });
  t.match(walDamage(newestOf(etcd.log().split('\n'), 20), etcd.dataDir), /^walpb?: /);
});
