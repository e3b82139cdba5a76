import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { open, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { differencesOf } from '../../../../test/support/etcd-differences.ts';
import { until } from '../../../../test/support/until.ts';
import { etcdGateway } from '../../src/etcd/gateway.ts';
import { joinTails, newestOf } from '../../src/host/log-tail.ts';
import { dataDamage, walDamage } from '../../src/report/damage.ts';
import { startEtcd } from '../etcd/etcd-process.ts';
import { authority } from '../pki.ts';

const ca = await authority('etcd clients');

const dir = '/var/lib/picket/etcd/life1';
const line = (level: string, msg: string, more = {}) => JSON.stringify({ level, ts: 1, msg, ...more });
const starts = (dataDir = dir) => line('info', 'server has been already initialized', { 'data-dir': dataDir });
const opening = (error: string) => line('panic', 'failed to open database', { error });

t.test('R16: only words about the content of the data count, not those of a disk or of access', async (t) => {
  t.equal(dataDamage([starts(), opening('invalid database')], dir), 'failed to open database: invalid database');
  for (const error of ['permission denied', 'open /db: input/output error', 'timeout', 'no space left on device'])
    t.equal(dataDamage([starts(), opening(error)], dir), null, error);
  t.equal(dataDamage([starts(), 'unexpected fault address 0x7f', 'fatal error: fault'], dir), null, 'a read error');
  t.equal(dataDamage([], dir), null);
});

t.test('R16: words about another incarnation, or before another run, do not count', async (t) => {
  t.equal(dataDamage([starts('/another'), opening('invalid database')], dir), null);
  t.equal(dataDamage([opening('invalid database')], dir), null);
  t.equal(dataDamage([starts(), opening('invalid database'), starts()], dir), null);
});

t.test('R16: a log that has lost its end proves nothing: the leader may send the entries again', async (t) => {
  const lost = 'tocommit(9) is out of range [lastIndex(5)]. Was the raft log corrupted, truncated, or lost?';
  t.equal(dataDamage([starts(), `panic: ${lost}`], dir), null);
  t.equal(dataDamage([starts(), line('panic', lost, { logger: 'raft' })], dir), null);
});

/** The words of a real etcd that is started on its data after `damage`; null if it serves again. */
async function said(t: Test, damage: (member: string) => Promise<void>) {
  const etcd = await startEtcd(t, ca, { settings: { 'snapshot-count': 5 } });
  const gateway = etcdGateway(etcd.endpoint);
  t.teardown(() => gateway.close());
  const serves = async () => (await gateway.report())?.linearizableRead === true;
  await until('it serves', serves, { within: 20_000 });
  // Far enough for a snapshot of raft, which the database must then have.
  for (let count = 0; count < 20; count += 1) await gateway.compact(1, patience).catch(() => undefined);
  const snap = join(etcd.dataDir, 'member/snap');
  await until('raft has a snapshot', () => readdirSync(snap).some((name) => name.endsWith('.snap')), {
    within: 20_000,
  });
  etcd.process.kill('SIGKILL');
  await once(etcd.process, 'exit');
  await damage(join(etcd.dataDir, 'member'));
  const before = etcd.log().length;
  await etcd.startAgain();
  const ended = () => /"level":"(fatal|panic)"|^panic: /m.test(etcd.log().slice(before));
  await until('it ends or serves', async () => ended() || (await serves()), { within: 20_000 });
  if (!ended()) return null;
  // As on a node: etcd's log and its console are two files.
  const all = newestOf(etcd.log().split('\n'), 100);
  const [logged = [], console = []] = [true, false].map((isLog) => all.filter((one) => one.startsWith('{') === isLog));
  const lines = joinTails({ lines: logged, at: 1 }, { lines: console, at: 1 }, 20);
  return dataDamage(lines, etcd.dataDir) ?? walDamage(lines, etcd.dataDir);
}

const patience = { deadlineMs: 5000, signal: new AbortController().signal };

/** Overwrites these octets of each page from the first one given on. */
async function garble(file: string, firstPage: number, octets: Buffer): Promise<void> {
  const database = await open(file, 'r+');
  const { size } = await database.stat();
  for (let at = firstPage * 4096; at < size; at += 4096) await database.write(octets, 0, octets.length, at);
  await database.close();
}

/** Its write-ahead log has no content. */
async function emptyLog(member: string): Promise<void> {
  const wal = join(member, 'wal');
  for (const name of readdirSync(wal)) if (name.endsWith('.wal')) await truncate(join(wal, name), 0);
}

const { version } = await ensureEtcd();

for (const [what, damage, words] of [
  ['its log is empty', emptyLog, differencesOf(version).namesEmptyLog ? /^cannot use none as id$/ : null],
  [
    'its database is deleted',
    (member: string) => rm(join(member, 'snap/db')),
    /^failed to recover v3 backend from snap/,
  ],
  ['its database is empty', (member: string) => truncate(join(member, 'snap/db'), 0), /^failed to recover v3 backend/],
  [
    'the head of its database is garbled',
    (member: string) => garble(join(member, 'snap/db'), 0, Buffer.alloc(64, 0xff)),
    /^failed to open database: (invalid database|checksum error|version mismatch)/,
  ],
  [
    'the pages of its database are garbled',
    (member: string) => garble(join(member, 'snap/db'), 2, Buffer.alloc(16, 0xff)),
    /^(assertion failed: Page expected to be|freepages|invalid)/,
  ],
] as const) {
  t.test(`R16: so says the real etcd: ${what}`, async (t) => t.match(await said(t, damage), words));
}
