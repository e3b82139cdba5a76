import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { misfit } from '@picket/shared/protocol/check.ts';
import { EtcdReport } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { differencesOf } from '../../../../test/support/etcd-differences.ts';
import { until } from '../../../../test/support/until.ts';
import { EtcdError, reasonOfEtcd } from '../../src/etcd/etcd.ts';
import { etcdctl, etcdctlSnapshot } from '../../src/etcd/etcdctl.ts';
import { withNumbersAsText } from '../../src/etcd/etcdctl-call.ts';
import { etcdGateway } from '../../src/etcd/gateway.ts';
import { gatewayConnection } from '../../src/etcd/gateway-call.ts';
import { temporaryFolder } from '../support.ts';
import { etcdctlMember, type Member, patience, serving, versions } from './etcdctl-member.ts';

/** Switches authentication on; etcd asks for its user `root` first. */
async function switchOn({ ctl }: Member, user = 'picket-agent'): Promise<void> {
  for (const name of new Set(['root', user])) {
    await ctl('user', 'add', name, '--no-password');
    await ctl('user', 'grant-role', name, 'root');
  }
  await ctl('auth', 'enable');
}

for (const { etcd: binary, version } of versions) {
  t.test(`etcd ${version}: each call works with authentication on, and after it is off again`, async (t) => {
    const member = await serving(t, { binary });
    const { gateway, ctl, endpoint, peerUrl } = member;
    const before = await gateway.report();
    t.same(gateway.authentication(), { on: false, refused: null, likeServers: [] });
    await switchOn(member);

    const report = await gateway.report();
    t.equal(misfit(EtcdReport, report), undefined);
    t.same(gateway.authentication(), { on: true, refused: null, likeServers: [] });
    const { clusterId, memberId, leader, members } = before!;
    const same = { clusterId, memberId, leader, members, version, healthy: true, linearizableRead: true, alarms: [] };
    t.match(report, same);
    t.ok(BigInt(`0x${report?.memberId}`) > 2n ** 53n, 'an ID that a number would round');
    t.ok((report?.membersAsOf ?? Infinity) <= (report?.raftAppliedIndex ?? 0));
    t.equal(await gateway.quorumRead(), true);
    t.ok((await gateway.figures()) !== null);

    const log = member.log();
    const { raftIndex: index } = (await gateway.report())!;
    t.equal((await gateway.report())?.raftIndex, index, 'a report writes nothing into raft');
    // On a busy machine etcdctl may end before a connection that it does not need is open.
    const said = member.log().slice(log.length).split('\n');
    t.strictSame(
      said.filter((line) => !line.includes('rejected connection')),
      [''],
      'nor into the log of etcd',
    );

    const id = await gateway.addLearner('https://127.0.0.1:1');
    const listed = await gateway.memberList();
    const self = {
      id: report?.memberId,
      name: 'a',
      peerUrls: [peerUrl],
      clientUrls: [endpoint.clientUrl],
      isLearner: false,
    };
    t.match(
      listed.find((one) => one.id === id),
      { name: '', peerUrls: ['https://127.0.0.1:1'], isLearner: true },
    );
    t.same(
      listed.find((one) => one.id !== id),
      self,
    );
    t.equal(await grpcCode(gateway.addLearner('https://127.0.0.1:1')), 9, 'it is there');
    t.equal(await grpcCode(gateway.promote(id)), 9, 'it is not in sync');
    t.equal(await grpcCode(gateway.moveLeader(id)), 9, 'a learner does not lead');
    await gateway.remove(id);
    t.equal(await grpcCode(gateway.remove(id)), 5, 'it is gone');

    for (let count = 0; count < 5; count += 1) await ctl('put', 'key', randomBytes(1000).toString('hex'));
    const { revision } = await gateway.head();
    await gateway.compact(revision, patience());
    await gateway.compact(revision, patience());
    await gateway.defragment(patience());
    t.equal(await gateway.disarmNoSpace(patience()), 0);

    const pieces: Buffer[] = [];
    for await (const piece of gateway.snapshot(patience().signal)) pieces.push(piece);
    const file = join(temporaryFolder(t), 'snapshot.db');
    writeFileSync(file, Buffer.concat(pieces));
    const etcdutl = join(dirname(binary), 'etcdutl');
    const state = execFileSync(etcdutl, ['snapshot', 'restore', file, '--data-dir', `${file}.data`], { stdio: 'pipe' });
    t.ok(existsSync(`${file}.data/member/snap/db`), state.toString());
    t.notOk(existsSync(member.place.snapshotFile), 'the file of etcdctl is removed');

    await ctl('auth', 'disable');
    t.match(await gateway.report(), same);
    t.same(gateway.authentication(), { on: false, refused: null, likeServers: [] });
    t.equal((await gateway.memberList()).length, 1);
  });

  t.test(`etcd ${version}: a user without the root role, or none, is a refusal with the commands`, async (t) => {
    const member = await serving(t, { binary });
    const { gateway, ctl, certificate, pass } = member;
    await certificate('root');
    await switchOn(member, 'root');
    t.match((await gateway.report())?.linearizableRead, true);
    await certificate('picket-agent');
    pass(60_000);
    t.equal(await gateway.report(), null);
    t.match(gateway.authentication(), { on: true, refused: { code: 'etcd_user_refused' } });
    t.equal(await gateway.quorumRead(), true);
    const refusal = await gateway.addLearner('https://127.0.0.1:1').then(() => null, reasonOfEtcd);
    t.equal(refusal?.code, 'etcd_user_refused');
    await certificate('root');
    await ctl('user', 'add', 'picket-agent', '--no-password');
    await certificate('picket-agent');
    t.equal(await gateway.report(), null, 'no role');
    await certificate('root');
    await ctl('user', 'grant-role', 'picket-agent', 'root');
    await certificate('picket-agent');
    t.match(await gateway.report(), { linearizableRead: true });
    t.same(gateway.authentication(), { on: true, refused: null, likeServers: [] });
  });
}

for (const { etcd: binary, version } of versions) {
  t.test(
    `etcd ${version}: with authentication on, its own downgrade is ordered as far as its etcdctl can`,
    async (t) => {
      const member = await serving(t, { binary });
      const { gateway } = member;
      await switchOn(member);
      await gateway.report();
      const [major, minor] = minorOf(version).split('.').map(Number) as [number, number];
      const below = `${major}.${minor - 1}`;
      if (!differencesOf(version).saysStorage) {
        t.equal(await grpcCode(gateway.downgrade(below, patience())), 2, 'it has no such command');
        return;
      }
      await until(
        'its cluster version is set',
        async () => (await gateway.report())?.storageVersion === `${minorOf(version)}.0`,
        {
          within: 20_000,
          every: 50,
        },
      );
      t.equal(await grpcCode(gateway.downgrade(`${major}.${minor - 2}`, patience())), 3, 'two minor versions at once');
      await gateway.downgrade(below, patience());
      t.match(await gateway.report(), { downgradeInfo: { enabled: true, targetVersion: `${below}.0` } });
      await gateway.downgrade(null, patience());
      t.match(await gateway.report(), { downgradeInfo: { enabled: false } });
    },
  );
}

t.test('a learner reports itself with authentication on, and is promoted; the lead moves', async (t) => {
  const voter = await serving(t);
  await switchOn(voter);
  await voter.gateway.report();
  const admit = (url: string) => voter.gateway.addLearner(url);
  const learner = await etcdctlMember(t, { name: 'b', others: [`a=${voter.peerUrl}`], admit });
  const { memberId } = await until(
    'it reports itself as a learner',
    async () => {
      const report = await learner.gateway.report();
      return report?.isLearner === true && report.leader !== '0' && learner.gateway.authentication().on && report;
    },
    { within: 20_000, every: 50 },
  );
  await until(
    'it is promoted',
    () =>
      voter.gateway.promote(memberId).then(
        () => true,
        () => false,
      ),
    { within: 20_000, every: 100 },
  );
  await until('it serves', async () => (await learner.gateway.report())?.linearizableRead === true, { within: 20_000 });
  await voter.gateway.moveLeader(memberId);
  await until('it leads', async () => (await voter.gateway.report())?.leader === memberId, { within: 20_000 });
});

t.test('a full database gets space again with authentication on', async (t) => {
  const member = await serving(t, { settings: { 'quota-backend-bytes': 1024 * 1024 } });
  const { gateway, ctl } = member;
  await switchOn(member);
  await gateway.report();
  await until(
    'it is full',
    () =>
      ctl('put', 'key', randomBytes(50_000).toString('hex')).then(
        () => false,
        (error: Error) => error.message.includes('database space exceeded'),
      ),
    { within: 60_000, every: 0 },
  );
  const report = await gateway.report();
  t.match(report, { alarms: [`NOSPACE on ${report?.memberId}`], healthy: true, linearizableRead: true });
  const { revision } = await gateway.head();
  await gateway.compact(revision, patience());
  await gateway.defragment(patience());
  t.equal(await gateway.disarmNoSpace(patience()), 1);
  await ctl('put', 'key', 'value');
  t.strictSame((await gateway.report())?.alarms, []);
});

t.test('CORRUPT is not disarmed with NOSPACE', async (t) => {
  const member = await serving(t);
  const { gateway, endpoint } = member;
  const { memberId } = (await gateway.report())!;
  const { call, close } = gatewayConnection(endpoint.clientUrl, endpoint.trust, endpoint.credential);
  for (const alarm of ['NOSPACE', 'CORRUPT'])
    await call('maintenance/alarm', { action: 'ACTIVATE', memberID: BigInt(`0x${memberId}`).toString(), alarm }, 5000);
  await close();
  await switchOn(member);
  const raised = [`CORRUPT on ${memberId}`, `NOSPACE on ${memberId}`];
  t.strictSame([...((await gateway.report())?.alarms ?? [])].sort(), raised);
  await t.rejects(gateway.disarmNoSpace(patience()), { message: /would disarm the alarm CORRUPT/ });
  t.strictSame([...((await gateway.report())?.alarms ?? [])].sort(), raised);
});

t.test('a user with the name of a server certificate is found within an hour', async (t) => {
  const member = await serving(t);
  const { gateway, ctl, pass } = member;
  await switchOn(member);
  await gateway.report();
  for (const user of ['etcd a', 'etcd', 'client:etcd a']) await ctl('user', 'add', user, '--no-password');
  await gateway.report();
  t.strictSame(gateway.authentication().likeServers, []);
  pass(3_600_000);
  await gateway.report();
  t.strictSame(gateway.authentication().likeServers, ['etcd a']);
  await ctl('user', 'delete', 'etcd a');
  pass(3_600_000);
  await gateway.report();
  t.strictSame(gateway.authentication().likeServers, []);
});

t.test('keys are hashed, and CORRUPT is disarmed, with authentication on as without', async (t) => {
  const member = await serving(t);
  const { gateway, endpoint, ctl } = member;
  await ctl('put', 'key', 'value');
  const { revision } = await gateway.head();
  const hash = await gateway.hashKeys(revision, patience());
  const { call, close } = gatewayConnection(endpoint.clientUrl, endpoint.trust, endpoint.credential);
  await call('maintenance/alarm', { action: 'ACTIVATE', alarm: 'CORRUPT' }, 5000);
  await close();
  await switchOn(member);
  t.strictSame((await gateway.report())?.alarms, ['CORRUPT on 0']);
  t.strictSame(await gateway.hashKeys(revision, patience()), hash);
  t.equal(await gateway.disarmCorrupt(patience()), 1);
  t.strictSame((await gateway.report())?.alarms, []);
  await ctl('put', 'key', 'another');
  t.strictSame(await gateway.hashKeys(revision, patience()), hash, 'also of an earlier revision');
});

t.test('what is missing on the node is named, and etcd that is silent does not count as authentication', async (t) => {
  const member = await serving(t);
  const { endpoint, place, process } = member;
  await switchOn(member);
  const without = (change: Partial<typeof place>) =>
    etcdGateway(endpoint, { etcdctl: etcdctl({ ...place, ...change }) });
  const noProgram = without({ path: temporaryFolder(t) });
  const noCertificate = without({ credentialFile: `${place.credentialFile}.not` });
  t.strictSame([await noProgram.report(), await noCertificate.report()], [null, null]);
  t.match(noProgram.authentication(), { on: true, refused: { code: 'etcdctl_missing' } });
  t.match(noCertificate.authentication(), { on: true, refused: { code: 'admin_certificate_missing' } });
  process.kill('SIGKILL');
  await until('it is gone', async () => !(await member.gateway.quorumRead()), { within: 20_000 });
  t.equal(await member.gateway.report(), null);
  t.equal(member.gateway.authentication().on, false);
  t.strictSame([await noProgram.report(), noProgram.authentication().on], [null, false]);
  await Promise.all([noProgram.close(), noCertificate.close()]);
});

t.test('a snapshot that would fill the disk is refused before it is taken', async (t) => {
  const { place } = await etcdctlMember(t);
  const ran: unknown[] = [];
  const run = async (_url: string, args: readonly string[]) => {
    ran.push(args);
    return '';
  };
  const taken = etcdctlSnapshot(
    { ...place, run, obstacle: async () => null },
    'https://127.0.0.1:1',
    Number.MAX_SAFE_INTEGER,
    patience().signal,
  );
  await t.rejects(taken.next(), { grpcCode: 8, message: /MiB of free disk/ });
  t.strictSame(ran, []);
});

t.test('numbers of 64 bits are read without loss, and strings are left as they are', (t) => {
  const json =
    '{"ID":15185084331699323254,"name":"a 1 \\" 2","urls":["https://[::1]:2379"],"n":-1.5e+3,"isLearner":true}';
  t.strictSame(JSON.parse(withNumbersAsText(json)), {
    ID: '15185084331699323254',
    name: 'a 1 " 2',
    urls: ['https://[::1]:2379'],
    n: '-1.5e+3',
    isLearner: true,
  });
  t.end();
});

async function grpcCode(work: Promise<unknown>): Promise<number> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EtcdError) return error.grpcCode;
    throw error;
  }
  throw new Error('It was accepted.');
}
