import { randomBytes } from 'node:crypto';
import { misfit } from '@picket/shared/protocol/check.ts';
import { EtcdReport } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { EtcdError } from '../../src/etcd/etcd.ts';
import { etcdGateway } from '../../src/etcd/gateway.ts';
import { gatewayConnection } from '../../src/etcd/gateway-call.ts';
import { carryOut } from '../../src/maintenance/carry-out.ts';
import { authority } from '../pki.ts';
import { startEtcd } from './etcd-process.ts';

const ca = await authority('etcd clients');
const quota = 2 * 1024 * 1024;
const patience = () => ({ deadlineMs: 30_000, signal: new AbortController().signal, leave: () => true });
const times = { id: 'order0000001', validForSeconds: 90, deadlineSeconds: 30 } as const;

/** A member whose one key was written again and again until etcd accepted no more. */
async function filled(t: Test) {
  const etcd = await startEtcd(t, ca, { settings: { 'quota-backend-bytes': quota } });
  const { clientUrl, trust, credential } = etcd.endpoint;
  const gateway = etcdGateway(etcd.endpoint);
  const connection = gatewayConnection(clientUrl, trust, credential);
  t.teardown(async () => {
    await gateway.close();
    await connection.close();
  });
  const put = () =>
    connection.call('kv/put', { key: 'Zm9v', value: randomBytes(64 * 1024).toString('base64') }, 5000).then(
      () => null,
      (error: unknown) => (error instanceof EtcdError ? error.message : 'no answer'),
    );
  const full = await until(
    'it is full',
    async () => {
      const refusal = await put();
      return refusal?.includes('database space exceeded') === true && refusal;
    },
    { within: 20_000, every: 1 },
  );
  /** etcd takes it although it is full. */
  const remove = () => connection.call('kv/deleterange', { key: 'Zm9v' }, 5000);
  return { ...etcd, gateway, put, remove, full };
}

t.test('a full member reports that, and is otherwise healthy', async (t) => {
  const { gateway } = await filled(t);
  const report = await until(
    'the alarm',
    async () => {
      const report = await gateway.report();
      return report !== null && report.alarms.length > 0 && report;
    },
    { within: 10_000, every: 50 },
  );
  t.equal(misfit(EtcdReport, report), undefined);
  t.match(report, { alarms: [`NOSPACE on ${report.memberId}`], healthy: true, linearizableRead: true });
  t.ok(report.dbSizeBytes > quota / 2 && (report.dbSizeInUseBytes ?? 0) > quota / 2 && (report.revision ?? 0) > 10);
});

t.test('after compaction, defragmentation and disarming NOSPACE it takes writes again', async (t) => {
  const { gateway, put, remove } = await filled(t);
  const before = await gateway.report();
  const compact = () => carryOut({ ...times, kind: 'compact' }, gateway, patience());
  const compacted = { reason: { code: 'keys_compacted', facts: { revision: Number } } };
  t.match(await compact(), compacted);
  t.match(await compact(), compacted, 'and again');
  // etcd counts the pages that its last commit has freed only with the next one, up to 100 ms after it was asked for it.
  await remove();
  const sparse = await until(
    'little of the database is in use',
    async () => {
      const report = await gateway.report();
      return (report?.dbSizeInUseBytes ?? quota) < quota / 4 && report;
    },
    { within: 10_000, every: 50 },
  );
  t.ok((sparse?.dbSizeBytes ?? 0) >= (before?.dbSizeBytes ?? quota), 'gaps count');
  const { reason: done } = await carryOut({ ...times, kind: 'defragment', compactFirst: true }, gateway, patience());
  const isSmall = done.code === 'defragmented' && done.facts.before < 9_950_000 && done.facts.after < 950_000;
  t.ok(isSmall, JSON.stringify(done));
  const disarmed = await carryOut({ ...times, kind: 'disarm' }, gateway, patience());
  t.strictSame(disarmed.reason, reason('disarmed', { count: 1 }));
  t.equal(await put(), null);
  t.strictSame((await gateway.report())?.alarms, []);
});

t.test('keys are hashed at a revision, from the database and not from an earlier compaction', async (t) => {
  const etcd = await startEtcd(t, ca);
  const { clientUrl, trust, credential } = etcd.endpoint;
  const gateway = etcdGateway(etcd.endpoint);
  const connection = gatewayConnection(clientUrl, trust, credential);
  t.teardown(async () => {
    await gateway.close();
    await connection.close();
  });
  const put = (value: string) => connection.call('kv/put', { key: 'Zm9v', value }, 5000);
  await until(
    'it serves',
    () =>
      put('MQ==').then(
        () => true,
        () => false,
      ),
    { within: 20_000, every: 50 },
  );
  await put('Mg==');
  const { revision } = await gateway.head();
  const first = await gateway.hashKeys(revision, patience());
  t.match(first, { hash: /^[0-9a-f]{8}$/, revision, compactRevision: -1 });
  await put('Mw==');
  t.strictSame(await gateway.hashKeys(revision, patience()), first, 'a later write changes no earlier hash');
  const head = revision + 1;
  await gateway.compact(head, patience());
  t.match(await gateway.hashKeys(head, patience()), { revision: head, compactRevision: head });
  await t.rejects(gateway.hashKeys(head + 1, patience()), { message: /future revision/ });
  await t.rejects(gateway.hashKeys(revision, patience()), { message: /compacted/ });
});

t.test('CORRUPT is disarmed, also where etcd names nobody, and no other alarm', async (t) => {
  const etcd = await startEtcd(t, ca);
  const { clientUrl, trust, credential } = etcd.endpoint;
  const gateway = etcdGateway(etcd.endpoint);
  const connection = gatewayConnection(clientUrl, trust, credential);
  t.teardown(async () => {
    await gateway.close();
    await connection.close();
  });
  const raise = (alarm: string) => connection.call('maintenance/alarm', { action: 'ACTIVATE', alarm }, 5000);
  await until(
    'it serves',
    () =>
      raise('CORRUPT').then(
        () => true,
        () => false,
      ),
    { within: 20_000, every: 50 },
  );
  await raise('NOSPACE');
  t.same((await gateway.report())?.alarms.toSorted(), ['CORRUPT on 0', 'NOSPACE on 0']);
  const disarmed = await carryOut({ ...times, kind: 'disarm-corrupt' }, gateway, patience());
  t.strictSame(disarmed.reason, reason('corrupt_disarmed', { count: 1 }));
  t.same((await gateway.report())?.alarms, ['NOSPACE on 0']);
});

t.test('a call without an answer in time, or a cancelled one, is an error', async (t) => {
  const { gateway, process: child } = await filled(t);
  child.kill('SIGSTOP');
  await t.rejects(gateway.defragment({ ...patience(), deadlineMs: 300 }), EtcdError);
  const control = new AbortController();
  const asked = gateway.defragment({ ...patience(), signal: control.signal });
  control.abort(new Error('the agent was stopped'));
  await t.rejects(asked, /the agent was stopped/);
});
