import { createHash } from 'node:crypto';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { misfit } from '@picket/shared/protocol/check.ts';
import type { EtcdReport } from '@picket/shared/protocol/report.ts';
import { EtcdReport as EtcdReportSchema } from '@picket/shared/protocol/report.ts';
import t, { type Test } from 'tap';
import { ensureEtcd, ensureLaterEtcd } from '../../../../test/support/etcd-binaries.ts';
import { differencesOf } from '../../../../test/support/etcd-differences.ts';
import { freePort } from '../../../../test/support/ports.ts';
import { until } from '../../../../test/support/until.ts';
import { askClusterVersion, clusterVersionIn } from '../../src/etcd/cluster-version.ts';
import { EtcdError, type EtcdGateway } from '../../src/etcd/etcd.ts';
import { observations, quantile } from '../../src/etcd/fsync-histogram.ts';
import { etcdGateway } from '../../src/etcd/gateway.ts';
import { authority, credentialPem } from '../pki.ts';
import { startEtcd } from './etcd-process.ts';

const installed = await ensureEtcd();
const later = await ensureLaterEtcd();
const ca = await authority('etcd clients');
const otherCa = await authority('etcd clients');

function reported(gateway: EtcdGateway, wanted: (report: EtcdReport) => boolean): Promise<EtcdReport> {
  return until(
    'a valid report',
    async () => {
      const report = await gateway.report();
      return report !== null && wanted(report) && report;
    },
    { within: 20_000, every: 50 },
  );
}

async function led(t: Test, binary = installed.etcd) {
  const etcd = await startEtcd(t, ca, { binary });
  const gateway = etcdGateway(etcd.endpoint);
  t.teardown(() => gateway.close());
  // It answers before the last entry of its start is in its raft log, and before the last line is in its own log.
  const isSettled = () => etcd.log().includes('"msg":"cluster version is updated"');
  await until('its cluster version is set', isSettled, { within: 20_000, every: 20 });
  return { ...etcd, gateway, report: await reported(gateway, ({ members, healthy }) => members !== null && healthy) };
}

async function grpcCode(work: Promise<unknown>): Promise<number> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EtcdError) return error.grpcCode;
    throw error;
  }
  throw new Error('It was accepted.');
}

t.test('a member with a leader reports itself, as in the schema', async (t) => {
  const { report, endpoint, peerUrl } = await led(t);
  t.equal(misfit(EtcdReportSchema, report), undefined);
  t.equal(report.leader, report.memberId);
  t.match(report, { isLearner: false, alarms: [], healthy: true, linearizableRead: true });
  t.match(report.version, /^3\./);
  t.strictSame(report.members, [
    { id: report.memberId, name: 'a', peerUrls: [peerUrl], clientUrls: [endpoint.clientUrl], isLearner: false },
  ]);
});

t.test('the member list belongs to an index that was read before it', async (t) => {
  const { gateway, report } = await led(t);
  t.ok(report.membersAsOf <= report.raftAppliedIndex);
  await gateway.addLearner('https://127.0.0.1:1');
  const next = await gateway.report();
  t.ok((next?.membersAsOf ?? 0) > report.membersAsOf);
});

t.test('reports write nothing into the cluster’s log', async (t) => {
  const { gateway, report } = await led(t);
  await gateway.report();
  t.equal((await gateway.report())?.raftIndex, report.raftIndex);
});

for (const { version, etcd } of later === undefined ? [installed] : [installed, later]) {
  t.test(`etcd ${version}: reports leave no line in its own log, which is on an SD card`, async (t) => {
    const { gateway, log } = await led(t, etcd);
    const before = log();
    await gateway.report();
    await gateway.report();
    t.equal(log(), before);
  });

  t.test(`etcd ${version}: calls leave no warning that a common name is ignored`, async (t) => {
    const { gateway, log } = await led(t, etcd);
    await gateway.head();
    await gateway.figures();
    const patience = { deadlineMs: 10_000, signal: new AbortController().signal };
    await gateway.disarmNoSpace(patience);
    await gateway.defragment(patience);
    for await (const _piece of gateway.snapshot(patience.signal));
    await gateway.remove(await gateway.addLearner('https://127.0.0.1:1'));
    t.notMatch(log(), /ignoring common name/);
  });
}

t.test('a member returns its fsync times, without a line in its log', async (t) => {
  const { gateway, log } = await led(t);
  const before = log();
  const fsyncs = (await gateway.figures())?.walFsync ?? null;
  t.ok(fsyncs !== null && observations(fsyncs) > 0 && (quantile(fsyncs, 0.99) ?? 0) > 0);
  t.equal(log(), before);
});

t.test('a report has the format of the data, if its version says it', async (t) => {
  const { gateway } = await led(t);
  const { version } = await gateway.head();
  const minor = `${minorOf(version)}.0`;
  const isSaid = differencesOf(version).saysStorage;
  // A new etcd has the former format until it first looks at the versions of its cluster.
  const { storageVersion, downgradeInfo } = await reported(gateway, (one) => !isSaid || one.storageVersion === minor);
  t.equal(storageVersion, isSaid ? minor : undefined);
  t.strictSame(downgradeInfo, isSaid ? { enabled: false, targetVersion: '' } : undefined);
});

t.test('a member says whether it compares its data, if its version does', async (t) => {
  const { gateway } = await led(t);
  const { saysHashCheck } = differencesOf((await gateway.head()).version);
  t.equal((await gateway.figures())?.hashCheck, saysHashCheck === 'in-metrics' ? false : null);
});

t.test('a learner is added by its peer URL, listed, and removed', async (t) => {
  const { gateway } = await led(t);
  const id = await gateway.addLearner('https://127.0.0.1:1');
  t.match(
    (await gateway.memberList()).find((member) => member.id === id),
    {
      name: '',
      peerUrls: ['https://127.0.0.1:1'],
      isLearner: true,
    },
  );
  await gateway.remove(id);
  t.notOk((await gateway.memberList()).some((member) => member.id === id));
});

t.test('a running learner reports itself, and sees no other member', async (t) => {
  const { gateway: voter, peerUrl } = await led(t);
  const learner = await startEtcd(t, ca, {
    name: 'b',
    others: [`a=${peerUrl}`],
    admit: (url) => voter.addLearner(url),
  });
  const gateway = etcdGateway(learner.endpoint);
  t.teardown(() => gateway.close());
  const report = await reported(gateway, ({ leader }) => leader !== '0');
  t.match(report, { isLearner: true, linearizableRead: false, members: null });
  t.equal(await grpcCode(gateway.memberList()), 14);
  await t.rejects(gateway.memberList(), { message: 'etcdserver: rpc not supported for learner' });
});

t.test('a snapshot arrives whole, with its hash at the end, and can be cancelled', async (t) => {
  const { gateway, report } = await led(t);
  t.match(await gateway.head(), { clusterId: report.clusterId, version: report.version });
  const pieces: Buffer[] = [];
  for await (const piece of gateway.snapshot(new AbortController().signal)) pieces.push(piece);
  const whole = Buffer.concat(pieces);
  const [pages, hash] = [whole.subarray(0, -32), whole.subarray(-32)];
  t.ok(pages.length > 0 && createHash('sha256').update(pages).digest().equals(hash));
  const control = new AbortController();
  control.abort(new Error('the agent was stopped'));
  await t.rejects(async () => {
    for await (const _piece of gateway.snapshot(control.signal)) t.fail('nothing comes');
  }, /the agent was stopped/);
});

t.test('etcd’s refusals keep its code and words', async (t) => {
  const { gateway } = await led(t);
  const id = await gateway.addLearner('https://127.0.0.1:1');
  t.equal(await grpcCode(gateway.addLearner('https://127.0.0.1:1')), 9, 'the same peer URL again');
  t.equal(await grpcCode(gateway.addLearner('https://127.0.0.1:2')), 9, 'a second learner');
  t.equal(await grpcCode(gateway.promote(id)), 9, 'a learner that has not started');
  t.equal(await grpcCode(gateway.remove('abc')), 5, 'a member that is not there');
  t.equal(await grpcCode(gateway.moveLeader('abc')), 9, 'leadership to a member that is not there');
  await t.rejects(gateway.promote(id), { message: /learner member which is in sync with leader/ });
});

t.test('etcd is asked for its own downgrade by one minor version, and to end it', async (t) => {
  const { gateway, report } = await led(t);
  const [major, minor] = minorOf(report.version).split('.').map(Number) as [number, number];
  const below = (steps: number) => `${major}.${minor - steps}`;
  const patience = { deadlineMs: 10_000, signal: new AbortController().signal };
  await t.resolves(gateway.downgrade(null, patience), 'without one, there is nothing to end');
  const tooFar = await grpcCode(gateway.downgrade(below(2), patience));
  t.equal(tooFar, 3, 'two minor versions at once');
  if (differencesOf(installed.version).saysStorage) {
    await gateway.downgrade(below(1), patience);
    t.match(await gateway.report(), { downgradeInfo: { enabled: true, targetVersion: `${below(1)}.0` } });
    await t.resolves(gateway.downgrade(below(1), patience), 'again: it is so already');
  } else {
    t.equal(await grpcCode(gateway.downgrade(below(1), patience)), 14, 'etcd 3.5 does it, and says that it timed out');
    t.equal(await grpcCode(gateway.downgrade(below(1), patience)), 9, 'it is so already, and is not shown');
  }
  await gateway.downgrade(null, patience);
  await t.resolves(gateway.downgrade(null, patience), 'ended twice, it is over');
});

t.test('a member that finds no leader reports none, or does not answer, within the deadline', async (t) => {
  const { endpoint } = await startEtcd(t, ca, { others: ['b=https://127.0.0.1:1'] });
  const gateway = etcdGateway(endpoint, { deadlines: { readMs: 300, changeMs: 300 } });
  t.teardown(() => gateway.close());
  const report = await gateway.report();
  t.ok(report === null || report.leader === '0');
});

t.test('a change without an answer ends at its deadline with code 4 or 14', async (t) => {
  const { endpoint } = await startEtcd(t, ca, { others: ['b=https://127.0.0.1:1'] });
  const gateway = etcdGateway(endpoint, { deadlines: { readMs: 300, changeMs: 300 } });
  t.teardown(() => gateway.close());
  t.ok([4, 14].includes(await grpcCode(gateway.addLearner('https://127.0.0.1:2'))));
});

t.test('a stopped etcd gives no report, and serves again through the same gateway', async (t) => {
  const { process: child, endpoint } = await led(t);
  const gateway = etcdGateway(endpoint, { deadlines: { readMs: 300, changeMs: 300 } });
  t.teardown(() => gateway.close());
  await reported(gateway, ({ linearizableRead }) => linearizableRead);
  child.kill('SIGSTOP');
  // Its threads stop one after another, and one of them may still answer.
  await until('no report', async () => (await gateway.report()) === null, { within: 20_000, every: 50 });
  t.equal(await gateway.figures(), null);
  child.kill('SIGCONT');
  t.ok(await reported(gateway, ({ linearizableRead }) => linearizableRead));
});

const wrong = {
  'an etcd of another authority': { trust: otherCa.certificate.pem },
  'a credential of another authority': {
    credential: await credentialPem(otherCa, { usage: 'client', sans: [], commonName: 'client:a' }),
  },
  'a credential that is damaged': { credential: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
  'a bundle that is damaged': { trust: 'no PEM' },
};
for (const [name, parts] of Object.entries(wrong)) {
  t.test(`${name} is no report`, async (t) => {
    const { endpoint } = await led(t);
    const gateway = etcdGateway({ ...endpoint, ...parts });
    t.teardown(() => gateway.close());
    t.equal(await gateway.report(), null);
  });
}

t.test('a member says the version that its cluster has agreed on', async (t) => {
  const { gateway, report, endpoint } = await led(t);
  const version = `${minorOf(report.version)}.0`;
  t.equal(await gateway.clusterVersion(), version);
  t.equal(await askClusterVersion(endpoint.clientUrl, endpoint), version);
  const away = `https://127.0.0.1:${await freePort('127.0.0.1')}`;
  t.equal(await askClusterVersion(away, endpoint), null);
  t.equal(clusterVersionIn('{"etcdserver":"3.6.14","etcdcluster":"not_decided"}'), null);
});
