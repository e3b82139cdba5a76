import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { packageCommand } from '@picket/shared/etcd-packages/package-command.ts';
import { plainIn } from '@picket/shared/plain.ts';
import type { ClientView, HoldView } from '@picket/shared/protocol/clusters.ts';
import { rendered } from '@picket/shared/protocol/messages.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { endpointStatus } from '../../src/render/endpoint-status.ts';
import { noPaint, paintFor } from '../../src/render/paint.ts';
import { renderStatus } from '../../src/render/status.ts';
import { statusViews } from '../support/status-views.ts';
import { before, clusterStatus, member, status } from '../support/views.ts';
import { words } from '../support/words.ts';

// As it stands in the procedure that Picket replaces.
const seedTable = `\
+---------------------------+------------------+---------+---------+-----------+------------+-----------+------------+--------------------+--------+
|         ENDPOINT          |        ID        | VERSION | DB SIZE | IS LEADER | IS LEARNER | RAFT TERM | RAFT INDEX | RAFT APPLIED INDEX | ERRORS |
+---------------------------+------------------+---------+---------+-----------+------------+-----------+------------+--------------------+--------+
| https://192.168.7.11:2379 | 7e8d94ba496c072d |   3.5.2 |   20 kB |     false |      false |         7 |        237 |                237 |        |
| https://192.168.7.12:2379 | a01cb65343e64610 |   3.5.2 |   20 kB |     false |      false |         7 |        237 |                237 |        |
| https://192.168.7.13:2379 |   9bfd4ef1e72d26 |   3.5.2 |   20 kB |      true |      false |         7 |        237 |                237 |        |
+---------------------------+------------------+---------+---------+-----------+------------+-----------+------------+--------------------+--------+`;

t.test("the endpoint table is the seed's, byte for byte", async (t) => {
  t.equal(endpointStatus(clusterStatus()), seedTable);
});

for (const [name, view] of Object.entries(statusViews)) {
  for (const [width, suffix] of [
    ['80-columns', ''],
    ['wide', '.wide'],
  ] as const) {
    t.test(`status of a cluster: ${name}, ${width}`, async (t) => {
      const golden = readFileSync(join(import.meta.dirname, 'golden', `${name}${suffix}.txt`), 'utf8');
      t.equal(renderStatus(plainIn(view), noPaint, width), golden);
    });
  }
}

t.test('the last lines of the log of a crashed etcd are words, whatever its JSON hides', async (t) => {
  const lastLog = [
    '{"level":"info","ts":"2026-12-07T12:12:41.02Z","caller":"etcdmain/etcd.go:64","msg":"Running: ","args":["etcd"]}',
    '{"level":"panic","ts":"2026-12-07T12:12:41.03Z","msg":"failed to open database","path":"db","error":"is a directory"}',
    'panic: failed to open database',
    '{"level":"warn","msg":"\\u001b[32mforged\\n\\u009b31m"}',
    '{"level":"warn","ts":"2026-12-',
  ];
  const { service } = status(1);
  const view = clusterStatus({
    members: [member(1, { status: status(1, { etcd: null, service: { ...service, state: 'crashed', lastLog } }) })],
  });
  const shown = renderStatus(plainIn(view), noPaint).trimEnd().split('\n');
  t.strictSame(shown.slice(-4), [
    '    info: Running: ',
    '    panic: failed to open database: is a directory',
    '    panic: failed to open database',
    '    warn: \\u001b[32mforged\\u000a\\u009b31m',
  ]);
});

t.test('the members of a cluster fit into 80 columns, with names as long as the seed has them', async (t) => {
  for (const [name, view] of Object.entries(statusViews)) {
    const [, table = ''] = renderStatus(plainIn(view), noPaint).split('\n\n');
    t.ok(table.startsWith('MEMBER'));
    for (const line of table.split('\n')) t.ok(line.length <= 80, `${name}: ${line}`);
  }
});

t.test(
  'status shows which certificate ends first, and how old the newest snapshot and the last rehearsal are',
  async (t) => {
    const soon = { ...status(1).certificates[1], notAfter: '2026-11-29T12:00:00Z' };
    const shown = renderStatus(
      clusterStatus({
        newestSnapshot: { id: 'snap00000001', takenAt: before(600) },
        rehearsed: {
          ...{ id: 'r', snapshot: 'snap00000001', at: before(7200), etcdVersion: '3.5.16', revision: 5, keys: 3 },
          ...{ hash: null, tookMs: 900 },
        },
        members: [member(0), member(1, { status: status(1, { certificates: [soon as never] }) })],
      } as never),
      noPaint,
    );
    t.match(shown, 'Certificates: the first to expire is on x-k3s-m-2: 2026-11-29 (5d left)\n');
    t.match(shown, 'Snapshots: the newest was taken 10m ago (snap00000001); a restore was rehearsed 2h ago\n');
  },
);

t.test('a long command that several parts of a status propose stands there once', async (t) => {
  const system = { id: 'alpine', release: '3.23', inMemory: false, ownBinary: false } as const;
  const command = packageCommand(system, '3.5') ?? '';
  const versions = { minor: '3.5', installed: '3.6.11' };
  const wait = rendered(reason('minor_to_install', { ...versions, remedy: command, begins: false }));
  const moved = { cluster: 'x-k3s', member: 'x-k3s-m-2', runs: null, release: '3.5.33' };
  const two = status(1);
  const down = status(1, {
    agent: { ...two.agent, waits: [wait] },
    service: { ...two.service, state: 'held-back', reason: wait },
  });
  const view = clusterStatus({
    next: { command, on: { member: 'x-k3s-m-2', address: '192.168.7.12' } },
    notices: [rendered(reason('other_minor_would_start', { ...moved, ...versions, command }))],
    members: [member(0), member(1, { status: down }), member(2)],
  });
  const shown = renderStatus(view, noPaint);
  t.equal(shown.split(command).length, 2, 'once');
  t.match(shown, `Next on x-k3s-m-2 (192.168.7.12): ${command}\n`);
  t.match(shown, 'Install etcd 3.5 again on that machine: the command above. Or run');
  t.equal(
    shown.split('Install etcd 3.5 again: the command above. Or run').length,
    2,
    'the service repeats no wait of the agent',
  );
  const packages = ['x-k3s-m-2', 'x-k3s-m-3'].map((name) =>
    rendered(reason('package_awaited', { member: name, minor: '3.5', installed: '3.6.11', command })),
  );
  t.equal(renderStatus(clusterStatus({ waitsFor: packages }), noPaint).split(command).length, 2, 'also among waits');
  const short = 'picket rollout resume x-k3s';
  const stopped = reason('rollout_stopped', {
    ...{ cluster: 'x-k3s', member: 'x-k3s-m-2', revision: 2, changed: 'conf' as const },
    why: reason('error_says', { text: 'no' }),
  });
  const other = renderStatus(
    clusterStatus({ next: { command: short, on: null }, waitsFor: [rendered(stopped)] }),
    noPaint,
  );
  t.equal(other.split(short).length, 3, 'a short one is easier to paste where it is explained');
});

t.test('colours are for terminals, and change no width', async (t) => {
  const view = plainIn(statusViews['no-quorum']);
  const coloured = renderStatus(view, paintFor({ isTTY: true, env: {} }));
  t.match(coloured, '\u001b[31m× crashed\u001b[39m');
  t.equal(stripVTControlCharacters(coloured), renderStatus(view, noPaint));
  for (const io of [
    { isTTY: false, env: {} },
    { isTTY: true, env: { NO_COLOR: '1' } },
    { isTTY: true, env: { TERM: 'dumb' } },
  ]) {
    t.equal(paintFor(io), noPaint);
  }
});

t.test('status says why etcd does not answer its agent: authentication, a learner that catches up, or neither', (t) => {
  const shown = (phase: 'voter' | 'learner', rendered: object) => {
    const service = { ...status(1).service, ...rendered };
    return renderStatus(
      clusterStatus({ members: [member(1, { phase, status: status(1, { etcd: null, service }) })] }),
      noPaint,
      'wide',
    );
  };
  const refusing = shown('voter', { quorumRead: true, authenticationOn: true });
  t.match(refusing, "etcd's authentication is on");
  t.notMatch(refusing, /does not answer/);
  const catchingUp = shown('learner', { quorumRead: true });
  t.match(catchingUp, 'etcd is catching up');
  t.match(catchingUp, 'learning');
  for (const silent of [shown('learner', {}), shown('voter', { quorumRead: true })]) {
    t.match(silent, 'etcd does not answer (running)');
  }
  t.end();
});

t.test('a member that operators have removed is shown as leaving while etcd lists it', (t) => {
  const shown = renderStatus(clusterStatus({ members: [member(1), member(2, { leaving: true })] }), noPaint);
  t.match(shown, /x-k3s-m-3 +leader, leaves/);
  t.notMatch(shown, /x-k3s-m-2 .*leaves/);
  t.end();
});

t.test('R19: a member is shown as held only until its hold ends', (t) => {
  const held = { by: 'operator ada', reason: null, until: before(0), stop: true };
  const shown = (state: HoldView['state']) =>
    renderStatus(clusterStatus({ members: [member(1, { hold: { ...held, state } })] }), noPaint);
  t.match(shown('open'), '• healthy, held ');
  t.match(shown('ends'), '• healthy, hold ends ');
  t.end();
});

t.test('a machine that was shut down, and an agent that was stopped, are shown as such, also of clients', (t) => {
  const stopped = (stops: 'agent' | 'machine', secondsAgo: number) => ({
    reportedAt: before(secondsAgo),
    status: status(1, { agent: { ...status(1).agent, stops } }),
  });
  const client = (name: string): ClientView => ({ ...member(1), name, nodeId: 'node0007' });
  const shown = renderStatus(
    clusterStatus({
      members: [member(0), member(1, stopped('machine', 20)), member(2, stopped('agent', 40))],
      clients: [
        { ...client('pi-7'), ...stopped('machine', 20) },
        { ...client('pi-8'), ...stopped('agent', 40) },
      ],
    }),
    noPaint,
  );
  t.match(shown, /^x-k3s-m-2 .* × machine off .* 20s ago \(machine off\)$/m);
  t.match(shown, /^x-k3s-m-3 .* ! agent stopped .* 40s ago \(agent stopped\)$/m);
  t.match(shown, /^pi-7 .* 20s ago \(machine off\)$/m);
  t.match(shown, /^pi-8 .* 40s ago \(agent stopped\)$/m);
  t.end();
});

t.test('clients have a table of their own, and say what they wait for', (t) => {
  const held = status(0);
  const client: ClientView = {
    name: 'pi-7',
    nodeId: 'node0007',
    generation: 2,
    reportedAt: before(3),
    status: {
      ...held,
      etcd: null,
      service: { ...held.service, state: 'absent', etcdVersion: null, incarnation: null },
      agent: {
        ...held.agent,
        generationApplied: 1,
        waits: [words('the coordinator for a new client certificate')],
      },
      certificates: held.certificates.filter(({ purpose }) => purpose === 'client' || purpose === 'identity'),
    },
  };
  const silent: ClientView = { ...client, name: 'pi-8', nodeId: 'node0008', reportedAt: null, status: null };
  const shown = renderStatus(clusterStatus({ clients: [client, silent] }), noPaint);
  t.match(
    shown,
    `
CLIENT   NODE       CERTIFICATE EXPIRES      APPLIED   LAST REPORT
pi-7     node0007   2027-11-21 (361d left)   1/2       3s ago
pi-8     node0008   -                        -         -
`,
  );
  t.match(shown, 'pi-7: its agent waits:\n  - the coordinator for a new client certificate (of_a_test)\n');
  t.notMatch(renderStatus(clusterStatus(), noPaint), 'CLIENT');
  t.end();
});

t.test('a cluster that changes its members says so in the first line', async (t) => {
  const first = (headline: Parameters<typeof rendered>[0]) =>
    renderStatus(clusterStatus({ state: 'forming', headline: rendered(headline) }), noPaint).split(',')[0];
  const [coming, none] = [['x-k3s-m-4'], [] as string[]];
  const missing = (voters: number, declared: number) => reason('members_missing', { voters, declared });
  const change = (voters: number, declared: number) =>
    reason('members_change', { voters, declared, coming, leaving: ['x-k3s-m-2'] });
  const leave = (voters: number, declared: number, leaving: string[], replaced: string[]) =>
    reason('members_leave', { voters, declared, leaving, replaced });
  t.equal(first(missing(3, 5)), 'Cluster x-k3s: growing 3 → 5');
  t.equal(first(change(3, 3)), 'Cluster x-k3s: changing members');
  t.equal(first(change(5, 3)), 'Cluster x-k3s: changing members');
  t.equal(first(change(3, 5)), 'Cluster x-k3s: growing 3 → 5');
  t.equal(first(leave(5, 3, ['x-k3s-m-4', 'x-k3s-m-5'], none)), 'Cluster x-k3s: shrinking 5 → 3');
  t.equal(first(leave(3, 3, none, ['x-k3s-m-2'])), 'Cluster x-k3s: changing members');
});
