import type { ErrorCode } from '@picket/shared/errors.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import fc from 'fast-check';
import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import type { ServiceState } from '../../../src/host/host.ts';
import { fileNames } from '../../../src/model/managed-files.ts';
import type { Accepted, CurrentState, Plan } from '../../../src/model/model.ts';
import { plan } from '../../../src/reconcile/plan/plan.ts';
import {
  accepted,
  afterStep,
  asDesired,
  blank,
  confOf,
  credential,
  day,
  desired,
  hour,
  kinds,
  now,
  otherIncarnation,
  ownIncarnation,
  paths,
  report,
  withConf,
} from '../samples.ts';

const names = fileNames(paths);
const planFor = (wanted: Accepted | null, current: CurrentState): Plan => plan(wanted, current, paths);

t.test('nothing accepted: no step', async (t) => {
  t.strictSame(planFor(null, blank()).steps, []);
});

t.test('a blank node whose turn has not come gets certificates and bundles, and no etcd', async (t) => {
  const { steps, waits } = planFor(accepted({ etcd: null }), blank());
  t.strictSame(kinds(steps), [
    'obtain-credential',
    'obtain-credential',
    'obtain-credential',
    'write-file',
    'write-file',
    'link-client-key',
    'obtain-credential',
  ]);
  t.strictSame(waits, [], 'otherwise the coordinator would not call it prepared');
});

t.test('a blank node whose turn has come: certificates, files, service, data dir, start, in this order', async (t) => {
  const { steps, waits, restartPending } = planFor(accepted(), blank());
  t.strictSame(kinds(steps), [
    'obtain-credential',
    'obtain-credential',
    'obtain-credential',
    'write-file',
    'write-file',
    'write-file',
    'link-client-key',
    'install-service',
    'make-data-dir',
    'start-etcd',
    'obtain-credential',
  ]);
  const [last] = steps.slice(-1);
  t.match(last, { purpose: 'admin' }, 'etcd does not wait for the certificate of the agent');
  t.strictSame([waits, restartPending], [[], false]);
});

t.test('R2: a changed definition is restored beside a running etcd, which keeps running', async (t) => {
  const alteredService = ['/etc/init.d/etcd'];
  const step = { kind: 'install-service', altered: alteredService };
  t.strictSame(planFor(accepted(), asDesired(desired(), { alteredService })).steps, [step]);
  const down = asDesired(desired(), { alteredService, service: { kind: 'stopped' }, etcd: null });
  t.strictSame(kinds(planFor(accepted(), down).steps), ['install-service', 'start-etcd']);
  const removed = planFor(accepted(), { ...down, service: { kind: 'absent' } }).steps;
  t.strictSame([removed[0], kinds(removed)], [step, ['install-service', 'start-etcd']]);
  const idle = asDesired(desired({ etcd: null }), { alteredService });
  t.strictSame(planFor(accepted({ etcd: null }), idle).steps, [], 'a node without an etcd needs none');
});

t.test(
  'an etcd that is retired and has crashed must not be restarted by others; one that is not retired may be',
  async (t) => {
    const crashed = asDesired(desired(), {
      service: { kind: 'crashed', restarts: 4, how: 'exit status 1' },
      etcd: null,
    });
    t.strictSame(planFor(accepted({ etcd: null, retired: [ownIncarnation] }), crashed).steps, [
      { kind: 'stop-etcd', of: 'retired', why: reason('incarnation_retired', { incarnation: ownIncarnation }) },
    ]);
    t.strictSame(planFor(accepted({ etcd: null }), crashed).steps, []);
    const wanted = accepted({ etcd: null, retired: [ownIncarnation] });
    for (const [atBoot, steps] of [
      [true, ['stop-etcd']],
      [false, []],
    ] as const) {
      const stopped = { ...crashed, service: { kind: 'stopped', atBoot } as const };
      t.strictSame(kinds(planFor(wanted, stopped).steps), steps, `R1: the next boot would start it: ${atBoot}`);
    }
  },
);

t.test('an unchanged node: an empty plan', async (t) => {
  t.strictSame(planFor(accepted(), asDesired()), { steps: [], waits: [], restartPending: false });
});

const dataDir = `${paths.dataRoot}/${ownIncarnation}`;
const dataLost = reason('operator_for_data', { why: reason('data_lost', { path: dataDir, isEmpty: false }) });

t.test('the reason why a stopped etcd does not start is given', async (t) => {
  const stopped = (change: Partial<CurrentState>) =>
    planFor(accepted(), asDesired(desired(), { service: { kind: 'stopped' }, etcd: null, ...change }));
  const unusable = said('it cannot be used');
  const taken = said('the client port 2379 on 192.168.7.11 to be free: nginx (pid 7)');
  for (const [change, wait] of [
    [{ etcdVersion: null }, reason('etcd_to_install', { remedy: null })],
    [{ etcdVersion: null, etcdProblem: unusable }, reason('etcd_cannot_run', { why: unusable })],
    [{ portTaken: taken }, taken],
    [{ pausedUntil: { obtain: 0, start: 9000 } }, reason('start_pauses', { how: null })],
    [{ dataDirs: {} }, dataLost],
    [
      { journal: { ...asDesired().journal, incarnations: {}, startedWith: null } },
      reason('data_dir_of_others', { path: dataDir }),
    ],
  ] as const) {
    const { steps, waits } = stopped(change);
    t.notOk(kinds(steps).includes('start-etcd'), wait.code);
    t.strictSame(waits, [wait]);
  }
  t.strictSame(kinds(stopped({}).steps), ['start-etcd']);
});

t.test('R3: before its turn, a member says which taken port will keep its etcd from starting', async (t) => {
  const portTaken = said('the peer port 2380 on 192.168.7.11 to be free: nginx (pid 7) uses it');
  const idle = { service: { kind: 'absent' }, etcd: null, dataDirs: {}, portTaken } as const;
  const journal = { ...asDesired().journal, incarnations: {}, startedWith: null };
  const of = (letGo?: true) => {
    const wanted = desired({ etcd: null, ...(letGo === undefined ? {} : { letGo }) });
    return planFor({ ...accepted(), document: wanted }, asDesired(wanted, { ...idle, journal }));
  };
  t.strictSame([of().hinders, of().waits], [[portTaken], []], 'it has what it should have until then');
  t.equal(of(true).hinders, undefined, 'one that leaves needs no port');
});

t.test('R2: a member that is down gets its new files and starts, without a permit', async (t) => {
  const wanted = accepted({ etcd: withConf({ change: { heartbeatIntervalMs: 700 } }) }, null);
  const crashed = asDesired(desired(), { service: { kind: 'crashed', restarts: 1, how: 'SIGKILL' }, etcd: null });
  t.strictSame(
    kinds(planFor(wanted, crashed).steps),
    ['stop-etcd', 'write-file', 'start-etcd'],
    'nothing may start it half way',
  );
  const stopped = { ...crashed, service: { kind: 'stopped' } as const };
  t.strictSame(kinds(planFor(wanted, stopped).steps), ['write-file', 'start-etcd']);
  const enabled = { ...crashed, service: { kind: 'stopped', atBoot: true } as const };
  t.strictSame(
    kinds(planFor(wanted, enabled).steps),
    ['stop-etcd', 'write-file', 'start-etcd'],
    'nor may a boot start it half way',
  );
  t.strictSame(kinds(planFor(accepted(), crashed).steps), ['start-etcd'], 'nothing changed: it is only started');
});

t.test('R2: no permit, no disruption: the files wait as well', async (t) => {
  const change = { etcd: withConf({ change: { heartbeatIntervalMs: 700 } }) };
  const permit = { id: 'permit000001', act: 'restart', validForSeconds: 90 } as const;
  const running = asDesired();
  for (const [what, wanted, current] of [
    ['no permit', accepted(change), running],
    ['read from disk', accepted({ ...change, permit }, null), running],
    ['run out', accepted({ ...change, permit }), { ...running, monotonic: 1000 + 90_000 }],
    ['a clock that went back', accepted({ ...change, permit }), { ...running, monotonic: 999 }],
    ['etcd not healthy', accepted({ ...change, permit }), { ...running, etcd: { ...report, healthy: false } }],
    ['etcd silent', accepted({ ...change, permit }), { ...running, etcd: null }],
    ['the clock in doubt', accepted({ ...change, permit }), { ...running, clockDoubt: said('it says 1970') }],
    ['the data directory is missing', accepted({ ...change, permit }), { ...running, dataDirs: {} }],
  ] as const) {
    const { steps, waits, restartPending } = planFor(wanted, current);
    t.strictSame(kinds(steps), [], what);
    t.not(waits.length, 0, what);
    t.equal(restartPending, what !== 'the data directory is missing', what);
  }
  const { steps, restartPending } = planFor(accepted({ ...change, permit }), { ...running, monotonic: 1000 + 89_999 });
  t.strictSame(kinds(steps), ['restart-etcd']);
  t.equal(restartPending, true);
  const [restart] = steps;
  t.ok(restart?.kind === 'restart-etcd' && restart.files.length === 1 && restart.files[0]?.path === names.conf);
});

t.test('R2: an operator’s restart needs its permit, and is done once', async (t) => {
  const permit = { id: 'permit000001', act: 'restart', asked: true, validForSeconds: 90 } as const;
  const running = asDesired();
  t.strictSame(
    planFor(accepted({ permit }), running).steps.map(({ kind }) => kind),
    ['restart-etcd'],
  );
  const late = planFor(accepted({ permit }), { ...running, monotonic: 1000 + 90_000 });
  t.strictSame([kinds(late.steps), late.restartPending], [[], true], 'its lease is over');
  const unread = planFor(accepted({ permit }, null), running);
  t.strictSame(kinds(unread.steps), [], 'read from disk');
  const used = { ...running, journal: { ...running.journal, lastPermit: permit.id } };
  const done = planFor(accepted({ permit }), used);
  t.strictSame([kinds(done.steps), done.restartPending], [[], false]);
  const before = { ...running, journal: { ...running.journal, lastPermit: 'permit000000' } };
  t.strictSame(kinds(planFor(accepted({ permit }), before).steps), ['restart-etcd']);
});

const hold = { id: 'permit000001', act: 'hold', stop: true, forSeconds: 600, validForSeconds: 90 } as const;
const taken = (current: CurrentState, change: Partial<NonNullable<CurrentState['journal']['held']>> = {}) => {
  const held = { permit: hold.id, boot: current.boot, since: current.monotonic, stopped: true, ...change };
  return { ...current, journal: { ...current.journal, held } };
};

t.test('R2: a hold begins within its lease, once, and while etcd answers', async (t) => {
  const running = asDesired();
  const kindsFor = (wanted: Accepted, current: CurrentState) => kinds(planFor(wanted, current).steps);
  t.strictSame(kindsFor(accepted({ permit: hold }), running), ['take-hold']);
  t.strictSame(kindsFor(accepted({ permit: hold }, null), running), [], 'read from disk');
  t.strictSame(kindsFor(accepted({ permit: hold }), { ...running, monotonic: 1000 + 90_000 }), [], 'its lease is over');
  t.strictSame(kindsFor(accepted({ permit: hold }), taken(running)), [], 'it has begun');
  const late = planFor(accepted({ permit: hold }), { ...running, monotonic: 1000 + 90_000 });
  t.strictSame(late.waits, [reason('hold_lease_over')]);
  const silent = planFor(accepted({ permit: hold }), { ...running, etcd: null });
  t.strictSame([silent.steps, silent.waits], [[], [reason('hold_awaits_etcd')]]);
  const pending = planFor(
    accepted({ permit: hold, etcd: withConf({ change: { heartbeatIntervalMs: 700 } }) }),
    running,
  );
  t.strictSame(kinds(pending.steps), ['take-hold'], 'it is no permit to restart');
});

t.test(
  'R10: etcd that was stopped for a hold starts after a boot, when the hold ends, and when its time is over',
  async (t) => {
    const down = { ...asDesired(), service: { kind: 'stopped' }, etcd: null } as const;
    const starts = (permit: MemberState['permit'], current: CurrentState, requestedAt: number | null = 1000) =>
      kinds(planFor(accepted({ permit }, requestedAt), current).steps).includes('start-etcd');
    t.equal(starts(hold, taken(down)), false);
    t.equal(starts(hold, taken(down), null), false, 'nor does a later agent start it, without a coordinator');
    t.equal(starts(hold, taken({ ...down, monotonic: down.monotonic + 599_999 }, { since: down.monotonic })), false);
    t.equal(starts(hold, taken({ ...down, monotonic: down.monotonic + 600_000 }, { since: down.monotonic })), true);
    t.equal(starts(hold, taken(down, { boot: 'another boot' })), true);
    t.equal(starts(null, taken(down)), true, 'it was released');
    t.equal(starts({ ...hold, id: 'permit000002' }, taken(down)), true, 'that was another hold');
    t.equal(starts(hold, taken(down, { stopped: false })), true, 'etcd ended without the agent');
  },
);

t.test('R2: an etcd that was upgraded within its minor version is restarted with a permit, once', async (t) => {
  const permit = { id: 'permit000001', act: 'restart', validForSeconds: 90 } as const;
  const upgraded = asDesired(desired(), { etcdVersion: '3.5.30' });
  const waiting = planFor(accepted(), upgraded);
  t.strictSame([waiting.steps, waiting.restartPending], [[], true]);
  const replaced = { installed: '3.5.30', runs: '3.5.16' };
  t.strictSame(waiting.waits, [reason('restart_permit', { replaced })]);
  t.strictSame(kinds(planFor(accepted({ permit }), upgraded).steps), ['restart-etcd']);

  const { startedWith } = upgraded.journal;
  if (startedWith === null) throw new Error('it has not been started');
  const tried = { ...upgraded.journal, startedWith: { ...startedWith, etcdVersion: '3.5.30' } };
  for (const [what, current] of [
    ['another minor version', { ...upgraded, etcdVersion: '3.6.4' }],
    ['none that can be run', { ...upgraded, etcdVersion: null }],
    ['a restart without effect', { ...upgraded, journal: tried }],
    ['an etcd that does not report its version', { ...upgraded, etcd: null }],
  ] as const) {
    const { steps, waits, restartPending } = planFor(accepted({ permit }), current);
    t.strictSame([steps, waits, restartPending], [[], [], false], what);
  }
});

t.test('R2: another CA bundle needs a restart as well, since etcd reads it only at its start', async (t) => {
  const { trust } = desired();
  for (const change of [{ client: 'another' }, { peer: 'another' }]) {
    const { steps, restartPending } = planFor(accepted({ trust: { ...trust, ...change } }), asDesired());
    t.strictSame([kinds(steps), restartPending], [[], true]);
  }
  t.strictSame(
    planFor(accepted({ trust: { ...trust, control: 'another' } }), asDesired()).steps,
    [],
    'the control CA is not etcd’s',
  );
});

t.test('a changed member list is written at once: etcd ignores it until it has no data', async (t) => {
  const { steps, restartPending } = planFor(accepted({ etcd: withConf({ others: ['192.168.7.12'] }) }), asDesired());
  t.strictSame([kinds(steps), restartPending], [['write-file'], false]);
});

t.test('a file that somebody else changed or removed is restored', async (t) => {
  for (const path of Object.values(names).filter((name) => name !== names.clientKeyLink)) {
    const current = asDesired();
    const { steps } = planFor(accepted(), { ...current, files: { ...current.files, [path]: null } });
    t.match(steps, [{ kind: 'write-file', path, mode: 0o644 }]);
  }
  t.strictSame(kinds(planFor(accepted(), asDesired(desired(), { clientKeyLink: null })).steps), ['link-client-key']);
});

t.test('R4: an incarnation that has begun and has no data directory never begins again', async (t) => {
  for (const stage of ['made', 'lived'] as const) {
    const current = asDesired();
    const journal = { ...current.journal, incarnations: { [ownIncarnation]: stage } };
    const { steps, waits } = planFor(accepted(), {
      ...current,
      journal,
      dataDirs: {},
      service: { kind: 'stopped' },
      etcd: null,
    });
    t.strictSame(steps, [], stage);
    t.strictSame(waits, [dataLost]);
  }
});

t.test('R4: an emptied data directory counts as lost too, once etcd has lived in it', async (t) => {
  const down = { service: { kind: 'stopped' }, etcd: null, dataDirs: { [ownIncarnation]: 'empty' } } as const;
  const current = asDesired(desired(), down);
  t.strictSame(planFor(accepted(), current).steps, []);
  const young = { ...current, journal: { ...current.journal, incarnations: { [ownIncarnation]: 'made' } as const } };
  t.strictSame(kinds(planFor(accepted(), young).steps), ['start-etcd'], 'before that, an empty one is correct');
});

t.test('R4: a folder of a crashed attempt is used', async (t) => {
  const current = asDesired(desired(), { service: { kind: 'stopped' }, etcd: null });
  const journal = { ...current.journal, startedWith: null, incarnations: { [ownIncarnation]: 'making' } as const };
  for (const dataDirs of [{}, { [ownIncarnation]: 'empty' }] as const) {
    t.strictSame(kinds(planFor(accepted(), { ...current, journal, dataDirs }).steps), ['make-data-dir', 'start-etcd']);
  }
});

const founder = { etcd: withConf({ state: 'new' }) };

/** For a founder whose etcd runs and has never answered, for this many milliseconds. */
function neverHeard(waited: number, dataDir: 'unborn' | 'filled'): CurrentState {
  const silent = { etcd: null, silence: { pid: 1, since: 10_000 }, monotonic: 10_000 + waited };
  const current = asDesired(desired(founder), { ...silent, dataDirs: { [ownIncarnation]: dataDir } });
  return { ...current, journal: { ...current.journal, incarnations: { [ownIncarnation]: 'made' } } };
}

t.test('a founder that has begun to write and never answers is reported to an operator, and left alone', async (t) => {
  t.strictSame(planFor(accepted(founder), neverHeard(59_000, 'filled')).waits, [], 'it still has time');
  const { steps, waits } = planFor(accepted(founder), neverHeard(60_000, 'filled'));
  t.strictSame(steps, []);
  t.strictSame(waits, [reason('never_answered')]);
});

t.test('R4: a founder that has committed nothing since its first start starts again in its folder', async (t) => {
  const unborn = { dataDirs: { [ownIncarnation]: 'unborn' }, etcd: null } as const;
  const running = (waited: number) => neverHeard(waited, 'unborn');
  t.strictSame(planFor(accepted(founder), running(59_000)).steps, [], 'it still has time');
  const { steps } = planFor(accepted(founder), running(60_000));
  t.match(steps, [{ kind: 'stop-etcd', of: 'stillborn' }]);
  t.equal(steps.length, 1, 'the next step is decided once it is down');
  const down = (service: ServiceState) =>
    kinds(planFor(accepted(founder), asDesired(desired(founder), { ...unborn, service })).steps);
  t.strictSame(down({ kind: 'stopped' }), ['clear-unborn', 'start-etcd']);
  const heldFirst = ['stop-etcd', 'clear-unborn', 'start-etcd'];
  t.strictSame(
    down({ kind: 'crashed', how: 'killed', restarts: 0 }),
    heldFirst,
    'its supervisor would restart it in between',
  );
});

t.test(
  'R4: the log of a joining member is left alone, although it is empty while the leader’s snapshot arrives',
  async (t) => {
    const unborn = { dataDirs: { [ownIncarnation]: 'unborn' }, etcd: null } as const;
    const running = asDesired(desired(), { ...unborn, silence: { pid: 1, since: 10_000 }, monotonic: 600_000 });
    t.strictSame(planFor(accepted(), running).steps, []);
    const down = asDesired(desired(), { ...unborn, service: { kind: 'stopped' } });
    t.strictSame(kinds(planFor(accepted(), down).steps), ['start-etcd']);
  },
);

t.test('a running etcd of another incarnation is stopped only if that incarnation is named', async (t) => {
  const next = { etcd: withConf({ incarnation: otherIncarnation }) };
  t.strictSame(planFor(accepted(next), asDesired()).steps, []);
  t.strictSame(planFor(accepted(next), asDesired()).waits, [
    reason('former_incarnation_unretired', { former: ownIncarnation, incarnation: otherIncarnation }),
  ]);
  const { steps } = planFor(accepted({ ...next, retired: [ownIncarnation] }), asDesired());
  t.strictSame(kinds(steps), ['stop-etcd', 'write-file', 'make-data-dir', 'start-etcd']);
});

t.test('no etcd wanted: what runs stays unless its incarnation is retired', async (t) => {
  const trust = { control: 'a', client: 'b', peer: 'c' };
  const kept = planFor(accepted({ etcd: null, trust }), asDesired());
  t.strictSame(kept.steps, [], 'its bundles stay as well');
  t.strictSame(kept.waits, [reason('incarnation_goes_on', { incarnation: ownIncarnation, isDown: false })]);
  const retired = planFor(accepted({ etcd: null, retired: [ownIncarnation] }), asDesired());
  t.strictSame(kinds(retired.steps), ['stop-etcd']);
  const foreign = {
    ...asDesired(),
    files: { ...asDesired().files, [`${paths.etcDir}/conf.yml`]: 'name: by-hand\ninitial-cluster: a=https://a:2380' },
  };
  const left = planFor(accepted({ etcd: null, retired: [ownIncarnation] }), foreign);
  t.strictSame(left.steps, [], 'R13: an etcd with a conf.yml that Picket did not write is left alone');
});

t.test('another incarnation does not begin beside one that is only down', async (t) => {
  const down = asDesired(desired(), { service: { kind: 'stopped' }, etcd: null });
  const next = { etcd: withConf({ incarnation: otherIncarnation }) };
  t.strictSame(planFor(accepted(next), down).steps, []);
  t.strictSame(kinds(planFor(accepted({ ...next, retired: [ownIncarnation] }), down).steps), [
    'write-file',
    'make-data-dir',
    'start-etcd',
  ]);
  t.strictSame(planFor(accepted({ retired: [ownIncarnation] }), down).steps, [], 'wanted and retired at once');
});

t.test('an etcd that this agent did not start is left alone', async (t) => {
  const current = asDesired();
  const stranger = { ...current, journal: { ...current.journal, startedWith: null, incarnations: {} } };
  t.strictSame(planFor(accepted(), stranger).steps, []);
  const ours = { ...current, journal: { ...current.journal, startedWith: null } };
  t.strictSame(
    kinds(planFor(accepted(), ours).steps),
    ['start-etcd'],
    'the init system started it first, with the agent’s files: that is recorded',
  );
});

t.test('a conf.yml that is not this member’s is refused with the reason, and never written', async (t) => {
  const elsewhere = { ...paths, dataRoot: '/elsewhere' };
  const refused = (error: ErrorCode, problems: RegExp) => ({
    code: 'picket_error',
    facts: { error, details: { problems } },
  });
  const differs = (key: string, found: string | RegExp) => ({ code: 'conf_differs', facts: { key, found } });
  for (const [conf, why] of [
    ['name: x\n', reason('conf_not_marked')],
    [
      confOf().replace('heartbeat-interval: 500', 'heartbeat-interval: 5000'),
      refused('etcd_config_invalid', /election-timeout/),
    ],
    [`${confOf()}unknown-key: 1\n`, refused('etcd_config_unreadable', /unknown/)],
    [confOf({ at: elsewhere }), differs('data-dir', /^\/elsewhere/)],
    [confOf({ incarnation: otherIncarnation }), differs('data-dir', `${paths.dataRoot}/${otherIncarnation}`)],
    [confOf({ at: { ...paths, etcDir: '/etc/other' } }), differs('client-transport-security', /^\/etc\/other/)],
    [confOf({ at: { ...paths, logFile: '/elsewhere.log' } }), differs('log-outputs', '/elsewhere.log')],
    [confOf().replaceAll('x-k3s-m-1', 'x-k3s-m-9'), differs('name', 'x-k3s-m-9')],
  ] as const) {
    for (const current of [blank(), asDesired()]) {
      const wanted = accepted({ etcd: { incarnation: ownIncarnation, initialClusterState: 'existing', conf } });
      const { steps, waits } = planFor(wanted, current);
      t.notOk(
        steps.some((step) => step.kind === 'start-etcd' || (step.kind === 'write-file' && step.path === names.conf)),
      );
      t.match(waits, [{ code: 'conf_usable', facts: { why } }]);
    }
  }
  const asNew = planFor(accepted({ etcd: { ...withConf({})!, initialClusterState: 'new' } }), blank());
  const state = { key: 'initial-cluster-state', found: 'existing', expected: 'new' };
  t.strictSame(
    asNew.waits,
    [reason('conf_usable', { why: reason('conf_differs', state) })],
    'R1: the two fields for it must agree',
  );
});

t.test('R13: a conf.yml that Picket did not write is never overwritten, and an operator learns which', async (t) => {
  const theirs = 'name: prod\nlisten-client-urls: https://10.0.0.1:2379\ninitial-cluster: prod=https://10.0.0.1:2380\n';
  const withTheirs = (current: CurrentState, text = theirs) => ({
    ...current,
    files: { ...current.files, [names.conf]: text },
  });
  const ofOthers = reason('conf_of_others', { path: names.conf });
  for (const wanted of [accepted(), accepted({ etcd: null })]) {
    const { steps, waits } = planFor(wanted, withTheirs(blank()));
    t.strictSame(steps, [], 'before the first incarnation, nothing at all is written');
    t.strictSame(waits, [ofOthers]);
  }
  const down = asDesired(desired(), { service: { kind: 'stopped' }, etcd: null });
  const { steps, waits } = planFor(accepted(), withTheirs(down));
  t.strictSame(steps, []);
  t.strictSame(waits, [ofOthers]);
  const sample = "name: 'default'\nlisten-client-urls: http://localhost:2379\ninitial-cluster:\n";
  for (const fine of [sample, confOf({ change: { heartbeatIntervalMs: 700 } })]) {
    t.ok(kinds(planFor(accepted(), withTheirs(blank(), fine)).steps).includes('start-etcd'));
  }
});

t.test('certificates: obtained if missing or useless, renewed if old', async (t) => {
  const document = desired();
  const server = credential('server', document);
  if (server.kind !== 'held') throw new Error('it is present');
  const late = { ...server, held: { ...server.held, serial: 'ffffffff' } };
  const renewal = ['obtain-credential', 'prove-credential'];
  for (const [what, state, steps] of [
    ['missing', { kind: 'missing' }, ['obtain-credential']],
    ['garbage', { kind: 'unusable', why: said('it is garbage') }, ['obtain-credential']],
    ['another CA', { ...server, issuedByBundle: false }, ['obtain-credential']],
    ['another name', { ...server, commonName: 'x' }, renewal],
    ['another SAN', { ...server, sans: ['ip:192.168.7.99'] }, renewal],
    ['one SAN more', { ...server, sans: [...server.sans, 'dns:more'] }, renewal],
    ['after its end', { ...server, until: now }, renewal],
    ['60 days old', { ...server, from: now - 60 * day }, renewal],
    ['54 days old: by its serial it is renewed early', { ...server, from: now - 54 * day - hour }, renewal],
    ['54 days old, by another serial', { ...late, from: now - 54 * day - hour }, []],
  ] as const) {
    const current = asDesired();
    const held = { ...current, credentials: { ...current.credentials, server: state } };
    const planned = planFor(accepted(), held);
    t.strictSame(kinds(planned.steps), steps, what);
    t.equal(planned.restartPending, false, 'a leaf certificate is read again at each handshake');
    const paused = planFor(accepted(), { ...held, pausedUntil: { obtain: 9000, start: 0 } });
    t.strictSame(kinds(paused.steps), [], `${what}: not hammered`);
    t.equal(paused.waits.length, Math.min(1, steps.length));
  }
});

t.test('R10: a renewal never comes before the start of an etcd that is down', async (t) => {
  const document = desired();
  const old = credential('client', document, now - 70 * day);
  const down = asDesired(document, { service: { kind: 'stopped' }, etcd: null });
  const { steps } = planFor(accepted(), { ...down, credentials: { ...down.credentials, client: old } });
  t.strictSame(kinds(steps), ['start-etcd', 'obtain-credential']);
});

t.test('R2: before a restart, certificates are renewed first', async (t) => {
  const change = {
    etcd: withConf({ change: { heartbeatIntervalMs: 700 } }),
    permit: { id: 'permit000001', act: 'restart', validForSeconds: 90 } as const,
  };
  const current = asDesired();
  const old = credential('peer', desired(), now - 70 * day);
  const { steps } = planFor(accepted(change), { ...current, credentials: { ...current.credentials, peer: old } });
  t.strictSame(kinds(steps), ['obtain-credential', 'prove-credential', 'restart-etcd']);
});

t.test('a renewed certificate is proven as soon as etcd runs and the clock is right, and not before', async (t) => {
  const prove = { kind: 'prove-credential', purpose: 'peer' } as const;
  const current = asDesired(desired(), { unproven: ['peer'] });
  t.strictSame(planFor(accepted(), current), { steps: [prove], waits: [], restartPending: false });
  t.strictSame(planFor(accepted(), { ...current, clockDoubt: said('it says 1970') }).steps, []);
  const down: CurrentState = { ...current, service: { kind: 'stopped' }, etcd: null };
  t.strictSame(kinds(planFor(accepted(), down).steps), ['start-etcd'], 'nothing exists to prove it with');
  const urgent = { ...current.credentials, peer: { kind: 'missing' } as const };
  t.match(planFor(accepted(), { ...current, credentials: urgent }).steps, [
    { kind: 'obtain-credential', keepsFormer: false },
  ]);
});

t.test('a refused one is left alone for a while, its reason reported, and delays no other', async (t) => {
  const unheld = { server: { why: said('it did not hold'), until: 9000 } };
  const current = asDesired(desired(), { unheld, unproven: ['server', 'client'] });
  const { steps, waits } = planFor(accepted(), current);
  t.strictSame(steps, [{ kind: 'prove-credential', purpose: 'client' }]);
  t.strictSame(waits, [reason('certificate_pauses', { purpose: 'server', why: unheld.server.why })]);
  t.equal(planFor(accepted(), { ...current, monotonic: 9000 }).steps.length, 2);
});

t.test(
  'R14: while the clock is in doubt, no date is judged and nothing is obtained; what runs keeps running',
  async (t) => {
    const clockDoubt = said('it says 1970');
    const old = credential('server', desired(), now - 70 * day);
    const current = asDesired(desired(), { clockDoubt });
    const running = planFor(accepted(), { ...current, credentials: { ...current.credentials, server: old } });
    t.strictSame(running.steps, []);
    t.strictSame(running.waits, [reason('time_sync', { why: clockDoubt })]);
    const fresh = planFor(accepted(), blank({ clockDoubt }));
    t.notOk(kinds(fresh.steps).some((kind) => kind === 'obtain-credential' || kind === 'start-etcd'));
    const down = asDesired(desired(), { clockDoubt, service: { kind: 'stopped' }, etcd: null });
    t.strictSame(
      kinds(planFor(accepted(), down).steps),
      ['start-etcd'],
      'a member that has its certificates starts again',
    );
  },
);

t.test('R14: no certificate is renewed for its age before the coordinator’s time is known', async (t) => {
  const old = credential('server', desired(), now - 70 * day);
  const current = asDesired(desired(), { timeKnown: false });
  const aged = planFor(accepted(), { ...current, credentials: { ...current.credentials, server: old } });
  t.strictSame(aged.steps, []);
  t.strictSame(aged.waits, [reason('coordinator_time')]);
  t.strictSame(planFor(accepted(), current).waits, [], 'if none is due, nothing is awaited');
  t.ok(
    kinds(planFor(accepted(), blank({ timeKnown: false })).steps).includes('obtain-credential'),
    'a first one does not wait for it',
  );
});

t.test('R3: a membership step begins only within its lease, and not again after it is done', async (t) => {
  const membershipStep = {
    id: 'step00000001',
    kind: 'promote',
    member: 'x-k3s-m-2',
    memberId: 'b2',
    validForSeconds: 90,
  } as const;
  const current = asDesired();
  t.strictSame(kinds(planFor(accepted({ membershipStep }), current).steps), ['change-membership']);
  t.strictSame(
    planFor(accepted({ membershipStep }), { ...current, monotonic: 3_600_000 }).steps,
    [],
    'it slept for an hour',
  );
  t.strictSame(planFor(accepted({ membershipStep }, null), current).steps, [], 'it was read from the disk');
  t.strictSame(planFor(accepted({ membershipStep }), { ...current, etcd: null }).steps, []);
  const ended = (outcome: 'done' | 'refused') => {
    const lastStep = { id: membershipStep.id, member: 'x-k3s-m-2', outcome, reason: said('not in sync') };
    return kinds(
      planFor(accepted({ membershipStep }), { ...current, journal: { ...current.journal, lastStep } }).steps,
    );
  };
  t.strictSame(ended('done'), []);
  t.strictSame(ended('refused'), ['change-membership']);
});

t.test('after a plan was carried out, nothing is left to plan, whatever was found', async () => {
  const documents = [desired(), desired({ etcd: null }), desired({ etcd: null, retired: [ownIncarnation] })];
  documents.push(desired({ etcd: withConf({ others: ['192.168.7.12'] }) }));
  documents.push(desired({ etcd: withConf({ incarnation: otherIncarnation }), retired: [ownIncarnation] }));
  documents.push(
    desired({
      etcd: withConf({ change: { heartbeatIntervalMs: 700 } }),
      permit: { id: 'permit000001', act: 'restart', validForSeconds: 90 },
      membershipStep: {
        id: 'step00000001',
        kind: 'remove-learner',
        member: 'x-k3s-m-2',
        memberId: 'b2',
        validForSeconds: 90,
      },
    }),
  );
  const states = fc.record({
    base: fc.constantFrom(blank(), asDesired(), asDesired(desired({ etcd: null }))),
    service: fc.constantFrom<CurrentState['service']>(
      { kind: 'absent' },
      { kind: 'stopped' },
      { kind: 'running', pid: 1, restarts: 0 },
      { kind: 'crashed', restarts: 3, how: 'exit status 1' },
    ),
    dataDirs: fc.constantFrom<CurrentState['dataDirs']>(
      {},
      { [ownIncarnation]: 'empty' },
      { [ownIncarnation]: 'filled' },
    ),
    stage: fc.constantFrom<'making' | 'made' | 'lived' | null>(null, 'making', 'made', 'lived'),
    started: fc.boolean(),
    clockDoubt: fc.constantFrom(null, said('it says 1970')),
    clientKeyLink: fc.constantFrom(null, 'client.pem', 'elsewhere'),
    age: fc.constantFrom(0, 59, 61, 400),
    requestedAt: fc.constantFrom(null, 1000, -1_000_000),
    document: fc.constantFrom(...documents),
  });
  fc.assert(
    fc.property(states, ({ base, stage, started, age, requestedAt, document, ...seen }) => {
      const journal = {
        ...base.journal,
        incarnations: stage === null ? {} : { [ownIncarnation]: stage },
        startedWith: started ? base.journal.startedWith : null,
      };
      const server =
        base.credentials.server.kind === 'held'
          ? credential('server', document, now - age * day)
          : base.credentials.server;
      const credentials = { ...base.credentials, server };
      const before: CurrentState = {
        ...base,
        ...seen,
        journal,
        credentials,
        etcd: seen.service.kind === 'running' ? report : null,
      };
      const wanted = { document, requestedAt };
      const carryOut = (state: CurrentState) => {
        const { steps } = planFor(wanted, state);
        // R4, R2: whatever was found, no second data directory and no restart without a lease.
        const begun =
          state.journal.incarnations[ownIncarnation] === 'made' ||
          state.journal.incarnations[ownIncarnation] === 'lived';
        const remade =
          begun && steps.some((step) => step.kind === 'make-data-dir' && step.incarnation === ownIncarnation);
        const unleased =
          requestedAt !== 1000 && kinds(steps).some((kind) => kind === 'restart-etcd' || kind === 'change-membership');
        if (remade || unleased) throw new Error(`it would ${kinds(steps).join(', ')}`);
        return steps.reduce((next, step) => afterStep(next, step, wanted), state);
      };
      // A second observation is needed for what only a running etcd can be asked.
      const after = carryOut(carryOut(before));
      return planFor(wanted, after).steps.length === 0;
    }),
    { numRuns: 2000 },
  );
});
