import { failure } from '@picket/shared/errors.ts';
import type { UpgradePlan } from '@picket/shared/protocol/upgrades.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { noPaint } from '../src/render/paint.ts';
import { renderStatus } from '../src/render/status.ts';
import { makePki } from './support/pki.ts';
import { contextEnv, runCli } from './support/run-cli.ts';
import { startStub } from './support/stub-coordinator.ts';
import { cluster, clusterStatus, etcd, member, status } from './support/views.ts';
import { words } from './support/words.ts';

const pki = await makePki();
let obstacles: UpgradePlan['obstacles'] = [];
let faults: UpgradePlan['faults'] = [];
let unchecked: UpgradePlan['unchecked'] = [];
let shown = clusterStatus();
/** What is shown before that, one after the other. */
const next: (typeof shown)[] = [];
const stages: UpgradePlan['stages'] = [
  { kind: 'restart', version: null, what: words('Each member restarts'), wayBack: words('picket rollout abort x-k3s') },
  { kind: 'install', version: '3.6.14', what: words('Each member runs etcd 3.6.14'), wayBack: words('until the last') },
];
const below = {
  runs: ['3.6.14'],
  to: '3.5.33',
  stages: [
    { kind: 'downgrade', version: null, what: words('etcd lowers its cluster version'), wayBack: words('abort') },
    { kind: 'install', version: '3.5.33', what: words('Each member runs etcd 3.5.33'), wayBack: words('abort') },
  ],
};
const stub = await startStub(pki, ({ line }) => {
  if (line.startsWith('GET /v1/clusters/x-k3s/upgrade'))
    return {
      body: {
        cluster: 'x-k3s',
        revision: 3,
        runs: ['3.5.33'],
        to: '3.6.14',
        stages,
        restarts: 2,
        obstacles,
        faults,
        unchecked,
      },
    };
  if (line.startsWith('GET /v1/clusters/x-k3s/downgrade'))
    return { body: { ...below, cluster: 'x-k3s', revision: 3, restarts: 1, obstacles, faults, unchecked } };
  if (line === 'POST /v1/clusters/x-k3s/downgrade') return { body: cluster };
  if (line === 'GET /v1/clusters/x-k3s/status') return { body: next.shift() ?? shown };
  if (line === 'POST /v1/clusters/x-k3s/upgrade') return { body: cluster };
  if (line === 'POST /v1/clusters/x-k3s/rollout') return { body: cluster };
  return { status: 404, body: failure('not_found', { name: line, what: line }).toWire() };
});
t.teardown(() => stub.close());
const env = contextEnv(stub.url, pki);

const upgrade = (...args: string[]) => change('upgrade', ...args);

async function change(way: 'upgrade' | 'downgrade', ...args: string[]) {
  stub.seen.length = 0;
  const ran = await runCli(['cluster', way, 'x-k3s', ...args], { env });
  return {
    ...ran,
    lines: stub.seen.map(({ line }) => line),
    order: stub.seen.find(({ line }) => line.startsWith('POST')),
  };
}

const plan = `The cluster x-k3s goes from etcd 3.5.33 to etcd 3.6.14. Each member restarts twice, one member at a time, the leader last:
  1. Each member restarts.
     Way back: picket rollout abort x-k3s
  2. Each member runs etcd 3.6.14.
     Way back: until the last
`;

t.test('--dry-run shows the plan, and orders nothing', async (t) => {
  const { code, out, order } = await upgrade('--to', '3.6.14', '--dry-run');
  t.equal(code, 0);
  t.equal(out, plan);
  t.equal(order, undefined);
});

t.test('the plan says what is in the way', async (t) => {
  obstacles = [words('it has a learner')];
  const { out } = await upgrade('--to', '3.6.14', '--dry-run');
  obstacles = [];
  t.match(out, 'It cannot begin now:\n  - it has a learner\n');
});

t.test('the plan says which faults the target has', async (t) => {
  faults = [words('etcd 3.6.14 has etcd-18667')];
  const { out } = await upgrade('--to', '3.6.14', '--dry-run');
  faults = [];
  t.equal(out, `${plan}Known faults that stay:\n  - etcd 3.6.14 has etcd-18667\n`);
});

t.test('the plan says what nobody has checked', async (t) => {
  unchecked = [words('the free space of x-k3s-m-2')];
  const { out } = await upgrade('--to', '3.6.14', '--dry-run');
  unchecked = [];
  t.equal(out, `${plan}Picket has not checked:\n  - the free space of x-k3s-m-2\n`);
});

t.test(
  'it is ordered against the revision of the plan that was shown, and pauses before the last member',
  async (t) => {
    const { code, err, order } = await upgrade('--to', '3.6.14', '--yes');
    t.equal(code, 0);
    t.equal(err, plan);
    t.equal(order?.ifMatch, '"3"');
    t.strictSame(order?.body, { to: '3.6.14', pauses: ['before-last'] });
  },
);

t.test('the operator chooses the pauses', async (t) => {
  t.strictSame((await upgrade('--to', '3.6.14', '--yes', '--no-pause')).order?.body, { to: '3.6.14', pauses: [] });
  const both = await upgrade('--to', '3.6.14', '--yes', '--pause-after', 'first');
  t.strictSame(both.order?.body, { to: '3.6.14', pauses: ['after-first', 'before-last'] });
});

t.test('nothing is ordered without the name of the cluster, or without a version', async (t) => {
  const unasked = await upgrade('--to', '3.6.14');
  t.equal(unasked.code, 1);
  t.equal(unasked.order, undefined);
  t.equal((await upgrade('--yes')).code, 2);
});

t.test('--wait ends when the upgrade waits for the operator, and says what for and not that it is done', async (t) => {
  const pause = reason('upgrade_pauses_before_last', { cluster: 'x-k3s', member: 'x-k3s-m-1', version: '3.6.14' });
  shown = clusterStatus({ waitsFor: [{ ...words('an operator, before x-k3s-m-1'), ...pause }] });
  const { code, err } = await upgrade('--to', '3.6.14', '--yes', '--wait');
  t.equal(code, 0);
  t.notMatch(err, 'Done');
  t.match(
    err,
    'The upgrade of x-k3s to etcd 3.6.14 is not complete. It waits for:\n  - an operator, before x-k3s-m-1\n',
  );
});

t.test('--wait ends when only packages are missing, and says what to type', async (t) => {
  const of = (name: string) => ({
    ...words(`the package on ${name}`),
    ...reason('package_awaited', { member: name, minor: '3.6', installed: '3.5.24', command: 'apk add etcd' }),
  });
  const view = { to: 'package:3.6', stage: 3, stages: 3, what: words('every member'), wayBack: words('none') };
  const at = (awaited: readonly string[], trial: string | null = null) =>
    clusterStatus({
      upgrade: view,
      members: ([0, 1, 2] as const).map((place) =>
        member(place, { status: status(place, { etcd: etcd(place, { version: place === 0 ? '3.6.11' : '3.5.33' }) }) }),
      ),
      rollout: {
        ...{ revision: 2, step: 1, steps: 1, reason: null, state: 'rolling' as const },
        members: ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'].map((name) => ({
          ...{ name, revision: 2, upToDate: true, onTrial: name === trial },
        })),
      },
      waitsFor: awaited.map(of),
    });
  const both = ['x-k3s-m-2', 'x-k3s-m-3'];
  shown = at(both);
  next.push(at([]), at(['x-k3s-m-3']), at(both, 'x-k3s-m-1'));
  const { code, err } = await upgrade('--to', 'package:3.6', '--yes', '--wait');
  t.equal(code, 0);
  t.strictSame(next, [], 'it waits while a member can be changed');
  t.match(err, 'It waits for:\n  - the package on x-k3s-m-2\n  - the package on x-k3s-m-3\n');
});

t.test('after a resume, --wait ends when the upgrade waits for the operator again', async (t) => {
  const view = { to: '3.7.1', stage: 5, stages: 5, what: words('every member runs it'), wayBack: words('none') };
  const pause = reason('upgrade_pauses_before_last', { cluster: 'x-k3s', member: 'x-k3s-m-1', version: '3.7.1' });
  const rollout = { revision: 2, step: 1, steps: 1, reason: null } as const;
  const at = (state: 'rolling' | 'paused') =>
    clusterStatus({
      upgrade: view,
      rollout: { ...rollout, state, members: [] },
      waitsFor: [{ ...words('an operator'), ...pause }],
    });
  shown = at('paused');
  next.push(at('paused'), at('rolling'));
  stub.seen.length = 0;
  t.equal((await runCli(['rollout', 'resume', 'x-k3s', '--wait'], { env })).code, 0);
  t.strictSame(next, [], 'the words of the pause before do not count');
  const looked = stub.seen.filter(({ line }) => line === 'GET /v1/clusters/x-k3s/status');
  t.equal(looked.length, 3);
});

t.test('a downgrade has a plan and an order of its own, and pauses only where the operator says so', async (t) => {
  const { code, out } = await change('downgrade', '--to', '3.5.33', '--dry-run');
  t.equal(code, 0);
  t.match(out, 'The cluster x-k3s goes from etcd 3.6.14 to etcd 3.5.33. Each member restarts once');
  const { order, err } = await change('downgrade', '--to', '3.5.33', '--yes');
  t.match(err, 'etcd lowers its cluster version');
  t.equal(order?.line, 'POST /v1/clusters/x-k3s/downgrade');
  t.equal(order?.ifMatch, '"3"');
  t.strictSame(order?.body, { to: '3.5.33', pauses: [] });
  const paused = await change('downgrade', '--to', '3.5.33', '--yes', '--pause-after', 'first');
  t.strictSame(paused.order?.body, { to: '3.5.33', pauses: ['after-first'] });
  t.equal((await change('downgrade', '--to', '3.5.33')).code, 1, 'not without the name of the cluster');
  t.equal((await change('downgrade', '--yes')).code, 2, 'nor without a version');
});

t.test('the status of a downgrade says that it is one', (t) => {
  const view = { to: '3.5.33', stage: 1, stages: 2, what: words('etcd lowers its version'), wayBack: words('abort') };
  const text = renderStatus(clusterStatus({ upgrade: { ...view, down: true } }), noPaint);
  t.match(text, 'Downgrade to etcd 3.5.33, stage 1 of 2: etcd lowers its version\n  Way back: abort\n');
  t.end();
});

t.test('the status shows the stage and the way back', (t) => {
  const view = { to: '3.6.14', stage: 2, stages: 3, what: words('every member restarts'), wayBack: words('none') };
  const text = renderStatus(clusterStatus({ upgrade: view }), noPaint);
  t.match(text, 'Upgrade to etcd 3.6.14, stage 2 of 3: every member restarts\n  Way back: none\n');
  t.end();
});
