import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../../../test/support/said.ts';
import type { ServiceState } from '../../src/host/host.ts';
import type { Accepted, CurrentState, Plan } from '../../src/model/model.ts';
import { admits, minorOfIncarnation, orderRemark, recordDue } from '../../src/model/version-guard.ts';
import { plan } from '../../src/reconcile/plan/plan.ts';
import {
  accepted,
  asDesired,
  desired,
  kinds,
  otherIncarnation,
  ownIncarnation,
  paths,
  report,
  withConf,
} from '../reconcile/samples.ts';

const planFor = (wanted: Accepted | null, current: CurrentState): Plan => plan(wanted, current, paths);
const permit = { id: 'permit000001', act: 'restart', validForSeconds: 90 } as const;
const record = { minor: '3.5', fingerprint: '1:2:3:4:5' };
const remedy = 'install etcd 3.5';
const versionsHere = { minor: '3.5', installed: '3.6.4', remedy, upgrade: 'package:3.6' };
const toInstall = reason('minor_to_install', { ...versionsHere, begins: false });

/** A member of etcd 3.5 whose package was replaced by 3.6. */
function replaced(change: Partial<CurrentState> = {}): CurrentState {
  const binary = { etcdVersion: '3.6.4', etcdFingerprint: '1:9:9:9:9', etcdRemedy: remedy };
  return asDesired(desired(), { ...binary, ...change });
}

const crashed: ServiceState = { kind: 'crashed', restarts: 1, how: 'SIGKILL' };
const waiting: ServiceState = { kind: 'running', pid: 1, restarts: 0, guarding: true };
const newConf = { etcd: withConf({ change: { heartbeatIntervalMs: 700 } }) };

t.test(
  'R17 an etcd that is down is not started in another minor version, and its files stay as they are',
  async (t) => {
    for (const service of [crashed, waiting, { kind: 'stopped', atBoot: true }] satisfies ServiceState[]) {
      for (const change of [{}, newConf]) {
        const { steps, waits } = planFor(accepted({ ...change, permit }), replaced({ service, etcd: null }));
        t.strictSame(steps, [], service.kind);
        t.strictSame(waits, [toInstall]);
      }
    }
  },
);

t.test('R4: if the data is lost, etcd is reported as running only if it runs', async (t) => {
  const lost = { dataDirs: {} };
  const runs = planFor(accepted(), asDesired(desired(), lost));
  const facts = { path: `${paths.dataRoot}/${ownIncarnation}`, isEmpty: false };
  t.strictSame(runs.waits, [reason('operator_for_data', { why: reason('data_deleted', facts) })]);
  const guarded = planFor(accepted(), asDesired(desired(), { ...lost, service: waiting, etcd: null }));
  t.strictSame(guarded.waits, [reason('operator_for_data', { why: reason('data_lost', facts) })]);
});

t.test('an incarnation that should be retired is reported as running only if its etcd runs', async (t) => {
  const none = accepted({ etcd: null });
  const goesOn = (isDown: boolean) => [reason('incarnation_goes_on', { incarnation: ownIncarnation, isDown })];
  t.strictSame(planFor(none, asDesired(desired(), {})).waits, goesOn(false));
  const guarded = asDesired(desired(), { service: waiting, etcd: null });
  t.strictSame(planFor(none, guarded).waits, goesOn(true));
});

t.test('R17 an older minor version is another one too, and a later patch is not', async (t) => {
  const down = { service: crashed, etcd: null };
  t.strictSame(planFor(accepted(), replaced({ ...down, etcdVersion: '3.4.23' })).steps, []);
  t.strictSame(kinds(planFor(accepted(), replaced({ ...down, etcdVersion: '3.5.30' })).steps), ['start-etcd']);
});

t.test('R17 no permit restarts etcd into another minor version', async (t) => {
  const { steps, waits, restartPending } = planFor(accepted({ ...newConf, permit }), replaced());
  t.strictSame([steps, restartPending], [[], true]);
  t.strictSame(waits, [reason('not_restarted_until_then', { why: toInstall })]);
});

t.test(
  'R17 an etcd that could not be started again is not stopped for a conf.yml that it cannot run with',
  async (t) => {
    const ill = replaced({ etcd: null });
    const { startedWith } = ill.journal;
    if (startedWith === null) throw new Error('it has not been started');
    const journal = {
      ...ill.journal,
      startedWith: { ...startedWith, confKey: 'bad' },
      rejected: { confKey: 'bad', reason: said('it crashed') },
    };
    const back = { ...ill, journal };
    t.notMatch(kinds(planFor(accepted(), back).steps), ['stop-etcd'], 'rejected');
    t.match(kinds(planFor(accepted(), { ...back, etcdVersion: '3.5.16' }).steps), ['stop-etcd'], 'otherwise it is');
    const silent = { ...ill, silence: { pid: 1, since: 0 }, monotonic: 95_000 };
    const other = { ...silent, journal: { ...ill.journal, startedWith: { ...startedWith, confKey: 'another' } } };
    t.notMatch(kinds(planFor(accepted(newConf), other).steps), ['stop-etcd'], 'silent');
    t.match(
      kinds(planFor(accepted(newConf), { ...other, etcdVersion: '3.5.16' }).steps),
      ['stop-etcd'],
      'otherwise it is',
    );
  },
);

t.test('R17 a new incarnation begins only with the minor version of its cluster', async (t) => {
  const wanted = withConf({ incarnation: otherIncarnation });
  if (wanted === null) throw new Error('no incarnation is wanted');
  const newIncarnation = accepted({ etcd: { ...wanted, minor: '3.6' }, retired: [ownIncarnation] });
  const over = asDesired(desired(), { etcdRemedy: 'install etcd 3.6' });
  const { steps, waits } = planFor(newIncarnation, over);
  t.strictSame(kinds(steps), ['stop-etcd'], 'what is over is stopped');
  const versions = { minor: '3.6', installed: '3.5.16', remedy: 'install etcd 3.6' };
  t.strictSame(waits, [reason('minor_to_install', { ...versions, begins: true })]);
  const { etcd: _, ...down } = over;
  const fit = { ...down, etcd: null, service: { kind: 'stopped' }, etcdVersion: '3.6.11' } as const;
  t.match(kinds(planFor(newIncarnation, fit).steps).slice(-2), ['make-data-dir', 'start-etcd']);
});

t.test('R17 the running version is recorded as etcd reports it, whatever is installed', async (t) => {
  const unrecorded = { versionRecords: {} };
  t.strictSame(recordDue(asDesired(desired(), unrecorded)), { incarnation: ownIncarnation, record });
  t.strictSame(recordDue(replaced(unrecorded)), {
    incarnation: ownIncarnation,
    record: { minor: '3.5', fingerprint: null },
  });
  t.equal(recordDue(asDesired()), null, 'it is recorded');
  t.equal(recordDue(replaced()), null, 'a binary of another minor version is not taken for its own');
  const upgraded = { etcd: { ...report, version: '3.6.4' }, etcdVersion: '3.6.4', etcdFingerprint: '1:9:9:9:9' };
  t.strictSame(recordDue(asDesired(desired(), upgraded)), {
    incarnation: ownIncarnation,
    record: { minor: '3.6', fingerprint: '1:9:9:9:9' },
  });
  t.equal(recordDue(replaced({ ...unrecorded, etcd: null })), null, 'nothing is known of a silent one');
});

t.test('a later patch is recorded, so that the guard need not ask it', async (t) => {
  const patched = { etcdVersion: '3.5.30', etcdFingerprint: '1:9:9:9:9' };
  t.strictSame(recordDue(asDesired(desired(), patched)), {
    incarnation: ownIncarnation,
    record: { ...record, fingerprint: '1:9:9:9:9' },
  });
});

t.test('nothing is recorded beside a missing data directory', async (t) => {
  t.equal(recordDue(asDesired(desired(), { versionRecords: {}, dataDirs: {} })), null);
});

t.test(
  'R17 an incarnation has the version that it runs, else the recorded one, else that of its cluster',
  async (t) => {
    const wanted = { incarnation: ownIncarnation, minor: '3.7' };
    const running = asDesired(desired(), { versionRecords: { [ownIncarnation]: { minor: '3.6', fingerprint: null } } });
    t.equal(minorOfIncarnation(ownIncarnation, running, wanted), '3.5');
    const down = { ...running, service: crashed, etcd: null };
    t.equal(minorOfIncarnation(ownIncarnation, down, wanted), '3.6');
    t.equal(minorOfIncarnation(ownIncarnation, { ...down, versionRecords: {} }, wanted), '3.7');
    t.equal(minorOfIncarnation(ownIncarnation, { ...down, versionRecords: {} }, null), null);
    const unborn = { ...down, journal: { ...down.journal, incarnations: { [ownIncarnation]: 'making' } } } as const;
    t.equal(minorOfIncarnation(ownIncarnation, unborn, wanted), '3.7', 'the record for a first start that never came');
  },
);

t.test(
  'R17 an order admits the minor version that it goes to, where the incarnation runs the neighbour before',
  async (t) => {
    const up = { from: '3.5', minor: '3.6' };
    for (const [order, is, minor] of [
      [up, '3.5', '3.6'],
      [up, '3.6', '3.6'],
      [null, '3.5', '3.5'],
      [{ from: '3.7', minor: '3.6' }, '3.7', '3.6'],
    ] as const)
      t.ok(admits(order, is, minor), `${is} ${minor}`);
    for (const [order, is, minor] of [
      [null, '3.5', '3.6'],
      [up, '3.6', '3.5'],
      [up, '3.5', '3.7'],
      [up, '3.7', '3.6'],
      [up, '3.4', '3.5'],
      [{ from: '3.5', minor: '3.7' }, '3.5', '3.7'],
    ] as const)
      t.notOk(admits(order, is, minor), `${is} ${minor}`);
  },
);

t.test(
  'R17 by the order an etcd that is down starts with the next minor version, and one that runs by permit',
  async (t) => {
    const etcd = { ...desired().etcd!, minor: '3.6', from: '3.5' };
    const next = { etcdVersion: '3.6.4', etcdFingerprint: '1:9:9:9:9' };
    const down = asDesired(desired({ etcd }), { ...next, service: crashed, etcd: null });
    t.strictSame(kinds(planFor(accepted({ etcd }), down).steps), ['start-etcd']);
    const runs = asDesired(desired({ etcd }), next);
    const { waits, restartPending } = planFor(accepted({ etcd }), runs);
    t.strictSame(waits, [reason('restart_permit', { replaced: { installed: '3.6.4', runs: '3.5.16' } })]);
    t.equal(restartPending, true);
    t.strictSame(kinds(planFor(accepted({ etcd, permit }), runs).steps), ['restart-etcd']);
    t.strictSame(
      kinds(
        planFor(
          accepted({ etcd: { ...etcd, minor: '3.7' }, permit }),
          asDesired(desired(), { ...next, etcdVersion: '3.7.1' }),
        ).steps,
      ),
      [],
      'not over the one between',
    );
  },
);

t.test(
  'R17 a member whose turn has not come does not start the next minor version because it is installed',
  async (t) => {
    const etcd = { ...desired().etcd!, minor: '3.5', from: '3.6' };
    const wanted = accepted({ etcd, permit });
    const down = replaced({ service: crashed, etcd: null });
    t.strictSame(planFor(wanted, down).steps, [], 'also not at a boot');
    t.strictSame(planFor(wanted, down).waits, [toInstall]);
    t.notMatch(kinds(planFor(wanted, replaced()).steps), ['restart-etcd']);
    const back = { ...replaced({ service: crashed, etcd: null }), etcdVersion: '3.5.30' };
    const given = { ...back, versionRecords: { [ownIncarnation]: { minor: '3.6', fingerprint: null } } };
    t.strictSame(kinds(planFor(wanted, given).steps), ['start-etcd'], 'one that was given it comes back');
  },
);

t.test(
  'R17 a guard that waits between two steps of an ordered start is stopped, and the start begins again',
  async (t) => {
    const etcd = { ...desired().etcd!, minor: '3.6', from: '3.5' };
    const guarded = { service: waiting, etcd: null, etcdVersion: '3.6.4' };
    const { steps } = planFor(accepted({ etcd }), asDesired(desired({ etcd }), guarded));
    t.match(steps, [{ kind: 'stop-etcd', of: 'guarded' }, { kind: 'start-etcd' }]);
    t.strictSame(
      planFor(accepted(), asDesired(desired(), { ...guarded, etcdVersion: '3.5.30' })).steps,
      [],
      'it starts that itself',
    );
  },
);

t.test('what goes on by an order is said of the incarnation that it is for', async (t) => {
  const etcd = { ...desired().etcd!, minor: '3.6', from: '3.5' };
  const here = asDesired();
  t.strictSame(orderRemark(accepted({ etcd }), here), reason('minor_ordered', { from: '3.5', minor: '3.6' }));
  t.equal(orderRemark(accepted(), here), null);
  t.equal(orderRemark(accepted({ etcd: { ...etcd, minor: '3.7' } }), here), null, 'it is not followed');
  t.equal(orderRemark(accepted({ etcd: { ...etcd, incarnation: otherIncarnation } }), here), null);
});
