import { failure } from '@picket/shared/errors.ts';
import type { ClusterStatusView, HoldView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import t from 'tap';
import { makePki } from '../support/pki.ts';
import { complaint, contextEnv, type RunOptions, runCli } from '../support/run-cli.ts';
import { isDryRun, type StubAnswer, startStub } from '../support/stub-coordinator.ts';
import { cluster, clusterStatus, declared, event, member, node, now } from '../support/views.ts';
import { words } from '../support/words.ts';

const pki = await makePki();
/** The statuses that the coordinator shows once it has an order, one after the other; null: the cluster is not there. */
let statuses: readonly (ClusterStatusView | null | 'down')[] = [];
let events: readonly EventView[] = [];
let isOrdered = false;
const asked: string[] = [];

const stub = await startStub(pki, (seen): StubAnswer => {
  const { line } = seen;
  const [path = ''] = line.split('?');
  asked.push(line);
  if (path === 'GET /v1/clusters/x-k3s/status') {
    if (!isOrdered) return { body: clusterStatus() };
    const [first = null, ...rest] = statuses;
    if (rest.length > 0) statuses = rest;
    if (first === 'down') return { hangUp: true };
    const missing = failure('not_found', { what: 'cluster', name: 'x-k3s' });
    return first === null ? { status: missing.status, body: missing.toWire() } : { body: first };
  }
  if (path === 'GET /v1/events') return { body: { items: isOrdered ? events : [event(7)], next: null } };
  if (path === 'GET /v1/nodes') return { body: { items: [node], next: null } };
  if (path === 'GET /v1/clusters/x-k3s') return { body: cluster };
  if (path === 'GET /v1/clusters/x-k3s/authentication') return { body: { enabled: false, task: null, failure: null } };
  if (line.startsWith('GET'))
    return { status: 404, body: failure('not_found', { what: 'route', name: line }).toWire() };
  if (isDryRun(seen)) return { body: path.endsWith('delete') ? deletion : snapshot };
  isOrdered = true;
  if (path.endsWith('/restore')) return { body: snapshot };
  return { body: path.endsWith('/delete') ? deletion : changed };
});
const env = contextEnv(stub.url, pki);
t.teardown(() => stub.close());

const changed = { ...cluster, spec: { ...cluster.spec, revision: 2 } };
const deletion = {
  ...{
    cluster: 'x-k3s',
    filedAs: 'x-k3s-deleted-1',
    done: false,
    atOnce: false,
    takesSnapshot: true,
    lastSnapshot: null,
  },
  ...{ members: [], clients: [], strangers: [] },
};
const snapshot = {
  ...{ id: 'snap00000001', cluster: 'x-k3s', member: 'x-k3s-m-1', takenAt: now, why: words('asked'), revision: 1 },
  ...{ totalKeys: null, sizeBytes: 1, checkedBy: 'structure', clusterId: 'x' },
};
const rollout = (state: 'rolling' | 'paused' | 'stopped', why: string | null, revision = 1) => ({
  ...({ revision: 2, step: 1, steps: 1, state, reason: why === null ? null : words(why) } as const),
  members: [{ name: 'x-k3s-m-1', revision, upToDate: revision === 2, onTrial: false }],
});
const waiting = (message: string, more: Partial<ClusterStatusView> = {}) =>
  clusterStatus({ state: 'forming', waitsFor: [words(message)], ...more });
const first = (change: Parameters<typeof member>[1]) => [member(0, change), member(1), member(2)];
const hold: HoldView = { state: 'ends', by: 'admin', reason: null, until: now, stop: false };
const ending = (kind: string, facts: object, message: string) => [{ ...event(9), kind, facts, message }];

async function run(line: string, shown: typeof statuses, options: RunOptions = {}) {
  statuses = shown;
  isOrdered = false;
  asked.length = 0;
  return runCli(line.split(' '), { env, ...options });
}

const set = 'cluster set x-k3s heartbeatIntervalMs=200 --wait';
const rolling = clusterStatus({ revision: 2, rollout: rollout('rolling', null) });
const settled = clusterStatus({ revision: 2 });

t.test('each order is waited for until it is done', async (t) => {
  const voter = { incarnation: 'bbbbbbbb2222' };
  for (const [line, shown, goal, ended = []] of [
    [set, [rolling, settled], 'revision 2 of x-k3s'],
    ['rollout resume x-k3s --wait', [rolling, settled], 'revision 2 of x-k3s'],
    ['rollout abort x-k3s --wait', [rolling, settled], 'revision 2 of x-k3s'],
    ['cluster revert x-k3s 1 --wait', [rolling, settled], 'revision 2 of x-k3s'],
    [
      'member replace x-k3s x-k3s-m-1 --yes --wait',
      [
        waiting('a'),
        waiting('b', { members: first(declared) }),
        waiting('c', { members: first({ ...voter, phase: 'learner' }) }),
        clusterStatus({ members: first(voter) }),
      ],
      'the replacement of x-k3s-m-1',
    ],
    [
      'node evict x-k3s-m-1 --lost --yes --wait',
      [
        clusterStatus(),
        waiting('a quorum', { members: first({ nodeId: null }) }),
        waiting('x', { members: first(declared) }),
      ],
      'the removal of x-k3s-m-1 from etcd',
    ],
    [
      'cluster restore x-k3s --snapshot snap00000001 --yes --wait',
      [
        waiting('the founder', { clusterId: null }),
        waiting('a learner', { clusterId: 'abc' }),
        clusterStatus({ clusterId: 'abc' }),
      ],
      'the restore of x-k3s',
    ],
    [
      'cluster delete x-k3s --confirm x-k3s --wait',
      [waiting('the last snapshot', { state: 'deleting' }), null],
      'the deletion of x-k3s',
    ],
    [
      'member release x-k3s x-k3s-m-1 --wait',
      [waiting('x', { members: first({ hold }) }), clusterStatus()],
      'the end of the hold of x-k3s-m-1',
    ],
    [
      'member restart x-k3s x-k3s-m-1 --wait',
      [clusterStatus()],
      'the restart of x-k3s-m-1',
      ending('close-permit', { member: 'x-k3s-m-1', outcome: 'confirmed' }, 'It is over.'),
    ],
    [
      'member move-leader x-k3s x-k3s-m-1 --wait',
      [clusterStatus()],
      'the handover to x-k3s-m-1',
      ending('record-handover', { member: 'x-k3s-m-1', outcome: 'done' }, 'It leads.'),
    ],
  ] as const) {
    events = ended;
    const { code, err } = await run(line, shown);
    t.equal(code, 0, `${line}: ${err}`);
    t.ok(err.endsWith(`Done: ${goal}.\n`), err);
    t.equal(statuses.length, 1, `${line} has waited`);
    if (ended.length > 0)
      t.match(
        asked.findLast((one) => one.startsWith('GET /v1/events?')),
        /newer=7/,
      );
  }
});

t.test('a change of members is waited for until they are voters', async (t) => {
  const more = { ...changed, spec: { ...changed.spec, members: [...cluster.spec.members.slice(0, 2)] } };
  const spec = changed.spec;
  Object.assign(changed, more);
  t.teardown(() => Object.assign(changed, { spec }));
  const leaves = [member(0), member(1), member(2, { leaving: true })];
  const shown = [
    clusterStatus({ revision: 2, members: leaves, rollout: rollout('paused', null) }),
    clusterStatus({ revision: 2, members: [member(0), member(1)] }),
  ];
  const { code, err } = await run('member remove x-k3s x-k3s-m-3 --allow-even --yes --wait', shown);
  t.equal(code, 0, err);
  t.equal(statuses.length, 1);
});

t.test('a wait ends with 1 and the reason if what was ordered fails', async (t) => {
  const frozen = clusterStatus({ state: 'frozen', headline: words('The cluster is frozen.') });
  const revision = 'revision 2 of x-k3s';
  for (const [line, shown, goal, problem, ended = []] of [
    [
      set,
      [rolling, clusterStatus({ rollout: rollout('stopped', 'x-k3s-m-1: etcd ended') })],
      revision,
      'x-k3s-m-1: etcd ended',
    ],
    [set, [clusterStatus({ rollout: rollout('paused', null) })], revision, 'an operator has paused the rollout'],
    [
      'cluster restore x-k3s --snapshot snap00000001 --yes --wait',
      [frozen],
      'the restore of x-k3s',
      'The cluster is frozen',
    ],
    [
      'member restart x-k3s x-k3s-m-1 --wait',
      [clusterStatus()],
      'the restart of x-k3s-m-1',
      'The permit has lapsed',
      ending('close-permit', { member: 'x-k3s-m-1', outcome: 'lapsed' }, 'The permit has lapsed'),
    ],
    [
      'member replace x-k3s x-k3s-m-1 --yes --wait',
      [clusterStatus()],
      'the replacement of x-k3s-m-1',
      'operator grace keeps x-k3s-m-1',
      ending('keep', { member: 'x-k3s-m-1', by: 'operator grace' }, 'operator grace keeps x-k3s-m-1'),
    ],
  ] as const) {
    events = ended;
    const { code, err } = await run(line, shown);
    t.equal(code, 1, line);
    t.match(err, complaint(failure('wait_failed', { cluster: 'x-k3s', goal, problem })));
  }
});

t.test('the timeout ends the wait, and says that only the wait has ended', async (t) => {
  const { code, err } = await run(`${set} --timeout 20s`, [rolling]);
  t.equal(code, 1);
  const problem = 'Rollout of revision 2 is in progress: x-k3s-m-1 has 1; All 3 voters serve.';
  const late = { cluster: 'x-k3s', goal: 'revision 2 of x-k3s', timeout: 20, problem };
  t.match(err, complaint(failure('wait_timed_out', late)));
  for (const line of ['cluster set x-k3s heartbeatIntervalMs=200 --timeout 20s', `${set} --timeout soon`]) {
    t.match(await run(line, []), { code: 2, err: /--timeout/ });
    t.notOk(isOrdered);
  }
});

t.test('an interruption ends the wait, and says so', async (t) => {
  const interruption = new AbortController();
  const options = { interrupted: interruption.signal, sleep: async () => interruption.abort() };
  const { code, err, out } = await run(set, [rolling], options);
  t.equal(code, 130);
  t.match(out, 'revision 2');
  t.match(
    err,
    /picket: Only the wait has ended\. `picket status x-k3s --watch` shows the progress of revision 2 of x-k3s\.\n$/,
  );
});

t.test('the wait outlasts a restart of the coordinator', async (t) => {
  const { code, err } = await run(set, [rolling, 'down', 'down', settled]);
  t.equal(code, 0);
  t.match(err, /Waiting: the coordinator does not answer\n(?!Waiting)/);
});

t.test('progress is a line for each change, and on a terminal one line', async (t) => {
  const shown = [rolling, rolling, clusterStatus({ rollout: rollout('rolling', null, 2) }), settled];
  const waits = (err: string) => err.match(/Waiting: [^\n\r]*/g) ?? [];
  t.equal(waits((await run(set, shown)).err).length, 2);
  const { err } = await run(set, shown, { progressColumns: 40 });
  t.equal(waits(err).length, 3);
  t.ok(waits(err).every((line) => line.length < 40));
  t.match(err, '\r\u001b[KDone: revision 2 of x-k3s.\n');
});

t.test(
  'what the cluster waits for comes before the revisions of the members, and after the stage of an upgrade',
  async (t) => {
    const upgrade = { to: '3.6.14', stage: 2, stages: 3, what: words('every member'), wayBack: words('none') };
    const at = clusterStatus({ upgrade, rollout: rollout('rolling', null), waitsFor: [words('x-k3s-m-1 to restart')] });
    const { err } = await run('rollout resume x-k3s --wait', [rolling, at, settled]);
    t.match(err, 'Waiting: stage 2 of 3; x-k3s-m-1 to restart; Rollout of revision 2');
  },
);

t.test('a forged message moves nothing on the terminal', async (t) => {
  const forged = waiting('\r\u001b[KDone: all.\nDone', { members: first({ hold }) });
  const { err } = await run('member release x-k3s x-k3s-m-1 --wait', [forged, clusterStatus()], {
    progressColumns: 200,
  });
  t.match(err, String.raw`Waiting: \u000d\u001b[KDone: all.\u000aDone`);
});

t.test('without --wait nothing is waited for', async (t) => {
  const { code, err } = await run('member restart x-k3s x-k3s-m-1', [clusterStatus()]);
  t.strictSame([code, err], [0, '']);
  t.strictSame(asked, ['POST /v1/clusters/x-k3s/members/x-k3s-m-1/restart']);
});
