import { writeDeclaration } from '@picket/shared/config/declaration.ts';
import { failure } from '@picket/shared/errors.ts';
import type {
  ClusterChange,
  ClusterStatusView,
  ClusterView,
  MembershipPlan,
} from '@picket/shared/protocol/clusters.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import t from 'tap';
import { leavingNext, membershipPlan } from '../src/render/plan.ts';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, runCli, writeFile } from './support/run-cli.ts';
import { isDryRun, type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';
import { cluster, clusterStatus, member, node } from './support/views.ts';
import { words } from './support/words.ts';

const pki = await makePki();
const { spec } = cluster;
const fourth = { name: 'x-k3s-m-4', address: '192.168.7.14' };
const fifth = { name: 'x-k3s-m-5', address: '192.168.7.15' };
const plan: MembershipPlan = {
  voters: 3,
  votersAfter: 5,
  steps: [
    { kind: 'add-learner', member: 'x-k3s-m-4' },
    { kind: 'promote', member: 'x-k3s-m-4' },
    { kind: 'add-learner', member: 'x-k3s-m-5' },
    { kind: 'promote', member: 'x-k3s-m-5' },
  ],
  toJoin: ['x-k3s-m-4', 'x-k3s-m-5'],
};

let warnings: ClusterView['warnings'] = [];

/** The nodes and the status that the coordinator shows. */
let nodes: readonly NodeView[] = [];
let shownMembers: ClusterStatusView['members'] = [];

function answer({ line, body }: Seen): StubAnswer {
  if (line === 'GET /v1/clusters/x-k3s') return { body: cluster };
  if (line.startsWith('GET /v1/nodes')) return { body: { items: nodes, next: null } };
  if (line === 'GET /v1/clusters/x-k3s/status') return { body: clusterStatus({ members: shownMembers }) };
  if (!line.startsWith('PATCH')) return { status: 404 };
  const { members = spec.members } = body as ClusterChange;
  const view: ClusterView = { ...cluster, warnings, spec: { ...spec, revision: spec.revision + 1, members } };
  return { body: { ...view, plan } };
}

const stub = await startStub(pki, answer);
const env = contextEnv(stub.url, pki);
t.teardown(() => stub.close());

async function picket(stdin: string, ...argv: string[]) {
  stub.seen.length = 0;
  const ran = await runCli(argv, { env, stdin, canAsk: stdin !== '' });
  return { ...ran, changes: stub.seen.filter((seen) => seen.line.startsWith('PATCH')) };
}

const addFive = ['member', 'add', 'x-k3s', fourth.name, fifth.name];
const withAddresses = ['--address', fourth.address, '--address', fifth.address];

t.test('member add shows the plan, asks for the name of the cluster, and says what is next', async (t) => {
  const { code, out, err, changes } = await picket('x-k3s\n', ...addFive, ...withAddresses);
  t.equal(code, 0, err);
  t.match(
    err,
    'The cluster x-k3s goes from 3 to 5 voters in 4 steps:\n' +
      '  1. add x-k3s-m-4 as a learner\n' +
      '  2. promote x-k3s-m-4 to a voter\n' +
      '  3. add x-k3s-m-5 as a learner\n' +
      '  4. promote x-k3s-m-5 to a voter\n' +
      'No machine has joined yet as x-k3s-m-4, x-k3s-m-5.\n',
  );
  t.match(
    out,
    /Next, run `picket token create x-k3s --uses 2`, and paste the install command that it prints on each new host\./,
  );
  t.same(changes.map(isDryRun), [true, false]);
  t.same(changes[1]?.body, { members: [...spec.members, fourth, fifth] });
  t.equal(changes[1]?.ifMatch, `"${spec.revision}"`);
});

t.test('a warning comes before the question, and once', async (t) => {
  warnings = [words('Four is an even number.')];
  t.teardown(() => {
    warnings = [];
  });
  const add = ['member', 'add', 'x-k3s', fourth.name, '--address', fourth.address, '--allow-even'];
  const { err, out } = await picket('x-k3s\n', ...add);
  t.match(err, /^Warning: Four is an even number\.$[\s\S]*Type the name of the cluster/m);
  t.notMatch(out, /Warning/);
  t.match((await picket('', ...add, '--yes')).err, /^Warning: Four is an even number\.$/m);
});

t.test('nothing changes unless the name of the cluster is typed, or --yes is given', async (t) => {
  for (const stdin of ['', 'no\n']) {
    const { code, changes } = await picket(stdin, ...addFive, ...withAddresses);
    t.same([code, changes.map(isDryRun)], [1, [true]], stdin);
  }
  const { code, changes } = await picket('', ...addFive, ...withAddresses, '--yes');
  t.same([code, changes.map(isDryRun)], [0, [true, false]]);
});

t.test('R3: member add makes an even number only if that is asked for', async (t) => {
  const add = ['member', 'add', 'x-k3s', fourth.name, '--address', fourth.address, '--yes'];
  const refused = await picket('', ...add);
  t.same([refused.code, refused.changes], [1, []]);
  const pair = 'picket member add x-k3s x-k3s-m-4 MEMBER --address 192.168.7.14 --address ADDRESS';
  t.equal(refused.err, complaint(failure('even_not_asked', { cluster: 'x-k3s', count: 4, fewer: 3, pair })));
  const asked = await picket('', ...add, '--allow-even');
  t.same([asked.code, asked.changes.at(-1)?.body], [0, { members: [...spec.members, fourth] }]);
});

for (const [argv, problem] of [
  [['x-k3s-m-4'], /--address/],
  [['x-k3s-m-4', 'x-k3s-m-5', '--address', '192.168.7.14'], /give --address once for each member: 2 named, 1 given/],
  [['x-k3s-m-4', '--address', '192.168.7.256'], /--address: .*192\.168\.7\.256/],
  [['X_4', '--address', '192.168.7.14'], /X_4/],
] as const) {
  t.test(`member add ${argv.join(' ')} is refused, and nothing is sent`, async (t) => {
    const { code, err } = await picket('', 'member', 'add', 'x-k3s', ...argv);
    t.equal(code, 2);
    t.match(err, problem);
    t.same(stub.seen, []);
  });
}

const declared = spec.members.map(({ name }) => name).join(', ');
const notDeclared = complaint(failure('member_not_declared', { cluster: 'x-k3s', member: 'x-k3s-m-9', declared }));

t.test('R3: member remove shows the plan, and asks for what leaves an even number, or one', async (t) => {
  const remove = (...args: string[]) => picket('', 'member', 'remove', 'x-k3s', ...args, '--yes');
  const even = await remove('x-k3s-m-3');
  t.same([even.code, even.changes], [1, []]);
  const pair = 'picket member remove x-k3s MEMBER MEMBER';
  t.equal(even.err, complaint(failure('even_not_asked', { cluster: 'x-k3s', count: 2, fewer: 1, pair })));
  t.equal((await remove('x-k3s-m-3', '--allow-even')).code, 0);
  const one = await remove('x-k3s-m-2', 'x-k3s-m-3');
  t.strictSame([one.code, one.err], [1, complaint(failure('one_not_forced', { cluster: 'x-k3s' }))]);
  const forced = await remove('x-k3s-m-2', 'x-k3s-m-3', '--force');
  t.same(forced.changes.at(-1)?.body, { members: spec.members.slice(0, 1) });
  t.equal((await remove('x-k3s-m-9')).err, notDeclared);
  t.equal((await remove('x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3', '--force')).code, 2);
});

t.test('member remove of a member that leaves already says so, and how to watch it', async (t) => {
  const remove = () => picket('', 'member', 'remove', 'x-k3s', 'x-k3s-m-9', '--yes');
  t.teardown(() => {
    [nodes, shownMembers] = [[], []];
  });
  const unknown = await remove();
  t.equal(unknown.err, notDeclared);
  shownMembers = [member(0, { name: 'x-k3s-m-9', leaving: true })];
  const { message, hint } = failure('member_leaves', { cluster: 'x-k3s', member: 'x-k3s-m-9' });
  const left = { code: 0, out: `${message} ${hint}\n`, err: '', changes: [] };
  t.strictSame(await remove(), left);
  [nodes, shownMembers] = [[{ ...node, member: 'x-k3s-m-9' }], []];
  t.strictSame(await remove(), left, 'etcd has removed it, and its node is not evicted yet');
  nodes = [];
  t.equal((await remove()).err, notDeclared);
});

t.test('of several members to remove, those that leave already count as removed', async (t) => {
  t.teardown(() => {
    shownMembers = [];
  });
  shownMembers = [member(0, { name: 'x-k3s-m-9', leaving: true })];
  const { code, changes } = await picket(
    '',
    'member',
    'remove',
    'x-k3s',
    'x-k3s-m-9',
    'x-k3s-m-3',
    '--yes',
    '--allow-even',
  );
  t.same([code, changes.at(-1)?.body], [0, { members: spec.members.slice(0, 2) }]);
});

t.test('member add of a member that is declared already says so, and changes nothing', async (t) => {
  const [first] = spec.members;
  const add = (address: string) => picket('', 'member', 'add', 'x-k3s', 'x-k3s-m-1', '--address', address, '--yes');
  const { message, hint } = failure('already_so', { reason: 'x-k3s already has x-k3s-m-1' });
  t.strictSame(await add(first?.address ?? ''), { code: 0, out: `${message} ${hint}\n`, err: '', changes: [] });
  t.equal((await add('192.168.7.99')).code, 1, 'another address is no such member');
});

for (const [args, says] of [
  [
    ['add', 'x-k3s', 'x-k3s-m-1', '--address', spec.members[0]?.address ?? ''],
    'Nothing was changed: x-k3s already has',
  ],
  [['remove', 'x-k3s', 'x-k3s-m-9'], 'The member x-k3s-m-9 already leaves the cluster x-k3s.'],
] as const) {
  t.test(`with --wait, member ${args[0]} also waits if that was ordered before`, async (t) => {
    t.teardown(() => {
      shownMembers = [];
    });
    shownMembers = [member(0, { name: 'x-k3s-m-9', leaving: true })];
    const { code, err } = await picket('', 'member', ...args, '--yes', '--wait', '--timeout', '1s');
    t.equal(code, 1);
    t.match(err, says);
    t.match(err, /After 1 s, revision \d+ of x-k3s is not done/);
  });
}

t.test('the plan of a removal says what becomes of the machine, and of its certificates', async (t) => {
  const leaves: MembershipPlan = {
    voters: 3,
    votersAfter: 2,
    steps: [{ kind: 'remove', member: 'x-k3s-m-3' }],
    toJoin: [],
  };
  t.match(membershipPlan(spec, leaves), /from 3 to 2 voters in 1 step:\n {2}1\. remove x-k3s-m-3 from etcd$/);
  t.match(
    leavingNext(spec, leaves).join(' '),
    /stops its etcd.*Its certificates for etcd stay valid until they expire/,
  );
  t.same(leavingNext(spec, plan), []);
});

t.test('the plan of an exchange says who takes whose place', async (t) => {
  const exchange: MembershipPlan = {
    voters: 3,
    votersAfter: 3,
    steps: [
      { kind: 'add-learner', member: 'x-k3s-m-4' },
      { kind: 'promote', member: 'x-k3s-m-4' },
      { kind: 'remove', member: 'x-k3s-m-2' },
    ],
    toJoin: ['x-k3s-m-4'],
  };
  t.equal(
    membershipPlan(spec, exchange),
    'The cluster x-k3s goes from 3 to 3 voters in 3 steps:\n' +
      '  1. add x-k3s-m-4 as a learner\n' +
      '  2. promote x-k3s-m-4 to a voter\n' +
      '  3. remove x-k3s-m-2 from etcd: x-k3s-m-4 takes its place\n' +
      'No machine has joined yet as x-k3s-m-4.',
  );
});

t.test('cluster apply with another list of members shows the plan first', async (t) => {
  const file = writeFile('five.yml', writeDeclaration({ ...spec, members: [...spec.members, fourth, fifth] }));
  const refused = await picket('', 'cluster', 'apply', '--file', file);
  t.same([refused.code, refused.changes.map(isDryRun)], [1, [true]]);
  t.match(refused.err, /goes from 3 to 5 voters in 4 steps/);
  const asked = await picket('x-k3s\n', 'cluster', 'apply', '--file', file);
  t.same([asked.code, asked.changes.map(isDryRun)], [0, [true, false]]);
  const yes = await picket('', 'cluster', 'apply', '--file', file, '--yes');
  t.same([yes.code, yes.changes.map(isDryRun)], [0, [true, false]]);
});
