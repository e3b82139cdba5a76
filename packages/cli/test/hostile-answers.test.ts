import { failure } from '@picket/shared/errors.ts';
import type { BackupsView } from '@picket/shared/protocol/backups.ts';
import type { DeletionView, MembershipPlan } from '@picket/shared/protocol/clusters.ts';
import type { HistoryView } from '@picket/shared/protocol/history.ts';
import type { ReadoptionView } from '@picket/shared/protocol/readoption.ts';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import t from 'tap';
import type { Connect } from '../src/coordinator-client.ts';
import { Refusal } from '../src/refusal.ts';
import { colourSequences } from '../src/render/paint.ts';
import { makePki } from './support/pki.ts';
import { contextEnv, runCli } from './support/run-cli.ts';
import { statusViews } from './support/status-views.ts';
import {
  certificate,
  cluster,
  clusterStatus,
  event,
  inForce,
  member,
  node,
  now,
  status,
  token,
} from './support/views.ts';
import { words } from './support/words.ts';

const env = contextEnv('https://127.0.0.1:1', await makePki());

/** No text that the command itself colours begins so. */
const greenForged = '\u001b[32m@';
/** C0, C1 with its control sequence introducer, a title, a turn of direction, and a line that looks like Picket's own. */
const hostile = `${greenForged}x\u001b[2J\u009b31m\u0090\u001b]0;t\u0007\u202e\u2066\r\nFORGED: line\u0085FORGED\u2028FORGED`;
/** What may reach a terminal: no control character but line ends, no direction, no separator. */
const unsafe = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;

const etcdReport = {
  ...status(0),
  etcd: { ...status(0).etcd, alarms: ['NOSPACE'] },
  agent: { ...status(0).agent, waits: ['for the clock'] },
};
const rollout = {
  revision: 2,
  from: 1,
  state: 'paused',
  reason: words('an operator paused it'),
  step: 1,
  steps: 2,
  members: [{ name: 'x-k3s-m-1', revision: 2, upToDate: true, onTrial: true }],
};
const client = {
  ...{ name: 'ci', nodeId: 'node0009', generation: 1, reportedAt: now },
  status: status(0),
};
/** What `picket status` asks for beside the cluster. */
const backups: BackupsView = {
  lastAt: now,
  schedule: { everyHours: 24, keep: 30, encrypted: true },
  targets: [{ target: '/mnt/usb', lastAt: now, count: 1, failure: { reason: words('full'), count: 2 } }],
};
const fullStatus = {
  ...backups,
  ...statusViews['no-quorum'],
  rollout,
  clients: [client],
  members: [...statusViews['no-quorum'].members, member(0, { status: etcdReport as never })],
};
const snapshot: SnapshotView = {
  ...{
    id: 'snap00000001',
    cluster: 'x-k3s',
    clusterId: 'cdf8',
    formation: 1,
    member: 'x-k3s-m-2',
    etcdVersion: '3.5.16',
  },
  ...{ takenAt: now, why: words('on schedule'), revision: 4711, totalKeys: 12, sizeBytes: 9, sha256: 'a'.repeat(64) },
  ...{ checkedBy: 'etcdutl', object: 's3://etcd/x' },
};
const readoption: ReadoptionView = {
  ...{ nodeId: 'node0001', cluster: 'x-k3s', name: 'x-k3s-m-3', awaited: true, backupAt: now },
  keys: [{ key: '1b', standing: 'in-force', certifiedAt: now, notAfter: now, lastShownAt: now }],
  stored: { generation: 3, incarnation: 'd9', clusterId: 'c1', memberId: 'a3' },
  reported: { generation: 11, incarnation: 'd9', clusterId: 'c1', memberId: 'a3' },
  waitsFor: [words('an operator')],
};
const deletion: DeletionView = {
  ...{ cluster: 'x-k3s', filedAs: 'x-k3s-deleted-1', done: false, atOnce: false },
  ...{ takesSnapshot: false, lastSnapshot: 'snapshot0001', clients: ['ci'], strangers: ['x'] },
  members: [{ name: 'x-k3s-m-3', nodeId: 'node00000003', isHeard: false }],
};
const eviction = {
  etcdAccess: { client: now, server: null, peer: now, admin: null },
  waitsFor: words('two voters are missing'),
};
const plan: MembershipPlan = {
  ...{ voters: 1, votersAfter: 2, toJoin: ['x-k3s-m-9'] },
  steps: [{ kind: 'add-learner', member: 'x-k3s-m-9' }],
};
const page = (...items: readonly unknown[]) => ({ items, next: null });
const faster = { ...cluster.spec, revision: 2, tuning: { ...cluster.spec.tuning, heartbeatIntervalMs: 200 } };
const revisions = [faster, cluster.spec].map((spec) => ({
  revision: spec.revision,
  at: now,
  by: 'operator ada',
  spec,
}));
const withWarnings = { ...cluster, warnings: [words('A warning.')] };
/** Both what begins a snapshot and what tells that it failed. */
const failedSnapshot = {
  id: 'snap00000001',
  task: null,
  failure: { id: 'snap00000001', at: now, reason: words('full') },
};

const history: HistoryView = {
  ...{ cluster: 'x-k3s', since: '2026-11-23T12:00:00Z', until: now, stepSeconds: 300 },
  members: [
    {
      name: 'x-k3s-m-1',
      at: ['2026-11-24T11:00:00Z'],
      series: [{ metric: 'temperature', unit: 'celsius', keeps: 'highest', values: [61] }],
    },
  ],
};

/** Each command that shows what the coordinator has of nodes, and an answer with all of its fields. */
const commands: readonly { readonly argv: string; readonly answer: unknown }[] = [
  { argv: 'status x-k3s', answer: fullStatus },
  { argv: 'status x-k3s', answer: { ...backups, ...clusterStatus() } },
  { argv: 'backups', answer: backups },
  { argv: 'history x-k3s', answer: history },
  { argv: 'events', answer: page(event(2)) },
  { argv: 'node list', answer: page(node) },
  { argv: 'node list', answer: page({ ...node, client: 'ci', evictedAt: now }) },
  { argv: 'node show node0001', answer: page({ ...node, identityFrozen: words('a copy') }) },
  { argv: 'member list x-k3s', answer: clusterStatus() },
  { argv: 'node readopt node0001', answer: readoption },
  { argv: 'certificates', answer: page(...inForce) },
  { argv: 'certificates --issued', answer: page(certificate) },
  { argv: 'cluster list', answer: page(cluster) },
  { argv: 'cluster show x-k3s', answer: withWarnings },
  { argv: 'cluster history x-k3s', answer: page(...revisions) },
  { argv: 'cluster dns x-k3s', answer: cluster },
  { argv: 'cluster k3s x-k3s', answer: cluster },
  { argv: 'token list', answer: page({ ...token, joinString: undefined }) },
  { argv: 'token create x-k3s', answer: { ...token, warnings: [words('A warning.')], url: 'https://p', sha256: 'aa' } },
  { argv: 'snapshot list x-k3s', answer: page(snapshot) },
  { argv: 'snapshot take x-k3s', answer: failedSnapshot },
  { argv: 'member replace x-k3s x-k3s-m-2', answer: clusterStatus() },
  { argv: 'member restart x-k3s x-k3s-m-2', answer: cluster },
  { argv: 'member move-leader x-k3s x-k3s-m-2', answer: cluster },
  // What is shown before an operator confirms something.
  { argv: 'member add x-k3s x-k3s-m-9 --address 192.168.2.9 --allow-even', answer: { ...withWarnings, plan } },
  { argv: 'cluster set x-k3s allowDowntime=true', answer: withWarnings },
  { argv: 'cluster delete x-k3s', answer: deletion },
  { argv: 'cluster reset x-k3s', answer: clusterStatus() },
  { argv: 'cluster restore x-k3s --snapshot snap00000001', answer: { ...snapshot, ...clusterStatus(), enabled: null } },
  { argv: 'snapshot remove snap00000001', answer: snapshot },
  { argv: 'node evict node0001 --lost', answer: page({ ...node, id: 'node0001' }) },
  { argv: 'node evict node0001 --compromised', answer: { ...page({ ...node, id: 'node0001' }), ...eviction } },
];

for (const { argv, answer } of commands) {
  for (const output of ['table', 'json']) {
    t.test(`no field of the answer to \`picket ${argv} -o ${output}\` reaches the terminal raw`, async (t) => {
      const plainly = await runWith(answer, argv, output);
      t.not(plainly.out + plainly.err, '', 'it says something');
      const hostileFields = stringsOf(answer).map((path) => [path.join('.'), changed(answer, path)] as const);
      for (const [what, hostileAnswer] of [...hostileFields, ['names of facts', withHostileNames(answer)] as const]) {
        const { out, err } = await runWith(hostileAnswer, argv, output);
        const said = colourSequences.reduce((text, own) => text.replaceAll(own, ''), out + err);
        if (unsafe.test(said) || /^\s*FORGED/m.test(said) || out.includes(greenForged))
          t.fail(`${what}: ${JSON.stringify(said)}`);
      }
    });
  }
}

t.test('no field of an event that is followed reaches the terminal raw', async (t) => {
  for (const path of stringsOf(event(2))) {
    const interruption = new AbortController();
    const { out } = await runCli(['events', '--follow'], {
      ...{ env, connect: () => connection(page(changed(event(2), path))), interrupted: interruption.signal },
      async sleep() {
        interruption.abort();
      },
    });
    t.notMatch(out, unsafe);
    t.notMatch(out, /^\s*FORGED/m);
  }
});

t.test('JSON that was made plain is read as the same', async (t) => {
  const answer = page({ ...event(2), message: `${hostile}\u{e0041}` });
  const { out } = await runWith(answer, 'events', 'json');
  t.same(JSON.parse(out), answer);
  t.notMatch(out, unsafe);
});

t.test('words of a refusal reach no terminal raw', async (t) => {
  const refused = { ...failure('not_found', { what: 'node', name: 'x' }).toWire(), message: hostile, hint: hostile };
  const connect: Connect = () => ({
    ...connection(null),
    request: () => Promise.reject(new Refusal(404, refused)),
  });
  for (const output of ['table', 'json']) {
    const { out, err } = await runCli(['events', '-o', output], { env, connect });
    t.notMatch(out + err, unsafe, output);
  }
});

t.test('a field that looks like a colour or like clearing the screen does neither', async (t) => {
  const answer = {
    ...backups,
    ...clusterStatus(),
    notices: [words('\u001b[H\u001b[2J\u001b[3J\u001b[32mhealthy\u001b[39m')],
  };
  const { out } = await runWith(answer, 'status x-k3s', 'table');
  t.match(out, '  - \\u001b[H\\u001b[2J\\u001b[3J\\u001b[32mhealthy\\u001b[39m (');
});

t.test('on a terminal the command’s own colours and clearing stay', async (t) => {
  let looks = 0;
  const interruption = new AbortController();
  const { out } = await runCli(['status', 'x-k3s', '--watch'], {
    ...{ env, connect: () => connection(clusterStatus()), isTTY: true, interrupted: interruption.signal },
    async sleep() {
      looks += 1;
      if (looks === 1) interruption.abort();
    },
  });
  t.ok(out.startsWith('\u001b[H\u001b[2J\u001b[3JCluster '));
  t.match(out, '\u001b[32mhealthy\u001b[39m');
});

function connection(answer: unknown): ReturnType<Connect> {
  return {
    server: 'https://127.0.0.1:1',
    request: () => Promise.resolve(structuredClone(answer)),
    receive: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function runWith(answer: unknown, argv: string, output: string) {
  const connect: Connect = () => connection(answer);
  return runCli([...argv.split(' '), '-o', output], { env, connect, isTTY: true });
}

type Path = readonly (string | number)[];

function stringsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => stringsOf(inner, [...path, key]));
}

function changed(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return `${String(value)}${hostile}`;
  const inner = (value as Record<string, unknown>)[key];
  if (Array.isArray(value)) return value.with(Number(key), changed(inner, rest));
  return { ...(value as object), [key]: changed(inner, rest) };
}

/** The answer with a fact of a hostile name in each reason and event. */
function withHostileNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withHostileNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === 'facts' ? { ...(inner as object), [hostile]: 'x' } : withHostileNames(inner),
    ]),
  );
}
