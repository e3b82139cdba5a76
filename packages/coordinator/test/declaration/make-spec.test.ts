import type { ClusterChange, ClusterCreate } from '@picket/shared/protocol/clusters.ts';
import { defaultSnapshotPolicy } from '@picket/shared/protocol/snapshots.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { changedSpec, makeSpec, revertedSpec, specWarnings } from '../../src/declaration/make-spec.ts';
import { seedCluster } from '../support/nodes.ts';
import { refusalOf } from '../support/refusal.ts';

const at = (...addresses: string[]) => addresses.map((address, index) => ({ name: `m-${index + 1}`, address }));

const refused: readonly (readonly [what: string, wanted: Partial<ClusterCreate>, problem: string])[] = [
  [
    'an invalid address',
    { members: at('192.168.7.256') },
    'the address of m-1: "192.168.7.256" is not an IPv4 address; each part is a number from 0 to 255 without leading zeros',
  ],
  [
    'a loopback address',
    { members: at('127.0.0.1') },
    'the address of m-1: 127.0.0.1 cannot be the address of a member: it is a loopback address, which other hosts cannot reach; give the address of a network interface (all on one machine, as a trial: --allow-loopback)',
  ],
  [
    'an unspecified VIP',
    { vips: ['0.0.0.0'] },
    'a VIP: 0.0.0.0 cannot be the address of a member: it is an unspecified address; give the address of a network interface',
  ],
  [
    'a VIP that is a member’s own address',
    { vips: ['192.168.7.12'] },
    "the VIP 192.168.7.12 is a member's own address",
  ],
  [
    'two members with the same name',
    {
      members: [
        { name: 'm-1', address: '192.168.7.11' },
        { name: 'm-1', address: '192.168.7.12' },
      ],
    },
    'the member name m-1 is given twice',
  ],
  [
    'two members with the same address',
    { members: at('192.168.7.11', '192.168.7.11') },
    'the member address 192.168.7.11 is given twice',
  ],
  [
    'two members with the same address in two spellings',
    { members: at('fd00::1', 'FD00:0:0::1') },
    'the member address fd00::1 is given twice',
  ],
  [
    'one port for two purposes',
    { ports: { client: 2379, peer: 2380, metrics: 2379 } },
    'the ports for clients, peers and metrics must differ',
  ],
  [
    'an election timeout of less than five heartbeats',
    { tuning: { heartbeatIntervalMs: 500, electionTimeoutMs: 2400 } },
    'electionTimeoutMs (2400) must be at least five times heartbeatIntervalMs (500)',
  ],
  [
    'an election timeout that is too short for the default heartbeat',
    { tuning: { electionTimeoutMs: 1000 } },
    'electionTimeoutMs (1000) must be at least five times heartbeatIntervalMs (500)',
  ],
  [
    'a service name that is an address',
    { serviceNames: ['192.168.7.10'] },
    '192.168.7.10 is not a domain name: its last part may not be a number',
  ],
  [
    'a domain whose last part is a number',
    { domain: 'edge.1' },
    'edge.1 is not a domain name: its last part may not be a number',
  ],
  [
    'a name that is too long with its domain',
    {
      members: [{ name: 'm'.repeat(63), address: '192.168.7.11' }],
      domain: `${'d'.repeat(62)}.${'d'.repeat(63)}.${'d'.repeat(63)}`,
    },
    `the name ${'m'.repeat(63)}.${'d'.repeat(62)}.${'d'.repeat(63)}.${'d'.repeat(63)} is longer than 253 characters`,
  ],
];

for (const [what, wanted, problem] of refused) {
  t.test(`${what} is refused`, async (t) => {
    t.strictSame(
      refusalOf(() => makeSpec(seedCluster(wanted))),
      { code: 'invalid_request', facts: { problem } },
    );
  });
}

t.test('addresses are stored in canonical form', async (t) => {
  const { members, vips } = makeSpec(seedCluster({ members: at('FD00:0:0::1'), vips: ['FD00::000A'] }));
  t.same([members[0]?.address, vips], ['fd00::1', ['fd00::a']]);
});

t.test('a service name that is given twice is stored once', async (t) => {
  t.same(makeSpec(seedCluster({ serviceNames: ['etcd.home', 'etcd.home'] })).serviceNames, ['etcd.home']);
});

t.test('members on loopback are accepted on request', async (t) => {
  const { members } = makeSpec(seedCluster({ members: at('127.0.0.11'), allowLoopback: true }));
  t.equal(members[0]?.address, '127.0.0.11');
});

t.test('given tuning replaces the defaults, one by one', async (t) => {
  const { tuning } = makeSpec(seedCluster({ tuning: { snapshotCount: 5000 } }));
  t.same([tuning.snapshotCount, tuning.heartbeatIntervalMs], [5000, 500]);
});

t.test('a spec never shares objects with the defaults or another spec', async (t) => {
  const [one, other] = [makeSpec(seedCluster()), makeSpec(seedCluster())];
  t.not(one.tuning, other.tuning);
});

t.test('a change keeps what it does not name', async (t) => {
  const spec = makeSpec(seedCluster({ allowDowntime: true }));
  t.same(changedSpec(spec, { tuning: { snapshotCount: 5000 } }), {
    ...spec,
    tuning: { ...spec.tuning, snapshotCount: 5000 },
  });
});

t.test('a value that a revision left to the default is the default again after going back to it', async (t) => {
  const first = makeSpec(seedCluster());
  const second = changedSpec(first, { snapshots: { everyMinutes: 5 } });
  t.same(revertedSpec(second, first).snapshots, defaultSnapshotPolicy);
});

t.test('a change that does not fit the present state is refused', async (t) => {
  const change: ClusterChange = { tuning: { heartbeatIntervalMs: 1001 } };
  const problem = 'electionTimeoutMs (5000) must be at least five times heartbeatIntervalMs (1001)';
  t.strictSame(
    refusalOf(() => changedSpec(makeSpec(seedCluster()), change)),
    { code: 'invalid_request', facts: { problem } },
  );
});

for (const [count, warnings] of [
  [1, [reason('one_member')]],
  [2, [reason('even_count', { count: 2 })]],
  [3, []],
  [4, [reason('even_count', { count: 4 })]],
] as const) {
  t.test(`a cluster of ${count} gets the right warning`, async (t) => {
    const members = at(...Array.from({ length: count }, (_, index) => `192.168.7.${index + 11}`));
    t.same(specWarnings(makeSpec(seedCluster({ members }))), warnings);
  });
}

t.test('R3: a member moves only until etcd knows it by its address, or a machine has joined as it', async (t) => {
  const spec = makeSpec(seedCluster({ members: at('192.168.7.11', '192.168.7.12') }));
  const moved = { members: at('192.168.7.11', '192.168.7.22') };
  const begun = {
    founded: true,
    mayGrow: true,
    mayShrink: true,
    restoring: null,
    departing: {},
    living: ['m-1'],
    joined: ['m-1'],
  };
  t.equal(changedSpec(spec, moved, begun).members[1]?.address, '192.168.7.22');
  for (const [held, why] of [
    [{ joined: ['m-1', 'm-2'] }, 'a machine has joined as m-2'],
    [{ living: ['m-1', 'm-2'] }, 'etcd knows m-2 by its address'],
  ] as const) {
    t.throws(() => changedSpec(spec, moved, { ...begun, ...held }), { code: 'setting_fixed', facts: { reason: why } });
  }
});

t.test('R19: a change of members names the restore that runs', async (t) => {
  const spec = makeSpec(seedCluster({ members: at('192.168.7.11', '192.168.7.12') }));
  const begun = {
    ...{ founded: true, mayGrow: false, mayShrink: false, restoring: 'snapshot0001' },
    ...{ departing: {}, living: [], joined: ['m-1', 'm-2'] },
  };
  for (const addresses of [['192.168.7.11'], ['192.168.7.11', '192.168.7.12', '192.168.7.13']])
    t.throws(() => changedSpec(spec, { members: at(...addresses) }, begun), {
      code: 'setting_fixed',
      facts: {
        reason:
          'the cluster is being restored from the snapshot snapshot0001; members can be added and removed once it serves again',
      },
    });
});

t.test('R3: one revision adds and removes members, but none at the address of one that etcd still has', async (t) => {
  const spec = makeSpec(seedCluster({ members: at('192.168.7.11', '192.168.7.12') }));
  const [first = { name: 'm-1', address: '192.168.7.11' }] = spec.members;
  const begun = {
    ...{ founded: true, mayGrow: true, mayShrink: true, restoring: null, departing: {} },
    ...{ living: ['m-1', 'm-2'], joined: ['m-1', 'm-2'] },
  };
  const third = (address: string) => ({ members: [first, { name: 'm-3', address }] });
  t.same(changedSpec(spec, third('192.168.7.13'), begun).members, third('192.168.7.13').members);
  const taken = {
    code: 'setting_fixed',
    facts: { reason: 'm-3 cannot have the address of m-2 before m-2 has left etcd' },
  };
  t.throws(() => changedSpec(spec, third('192.168.7.12'), begun), taken);
  const departing = { 'm-2': { address: '192.168.7.12' } };
  const one = { ...spec, members: [first] };
  t.throws(() => changedSpec(one, third('192.168.7.12'), { ...begun, departing }), taken);
  const left = { ...begun, departing, living: ['m-1'] };
  t.same(changedSpec(one, third('192.168.7.12'), left).members, third('192.168.7.12').members);
});

t.test('etcd serves its metrics on loopback unless a spec says otherwise, and a change back is none', async (t) => {
  const spec = makeSpec(seedCluster());
  const open = changedSpec(spec, { etcdMetrics: 'address' });
  t.equal(open.etcdMetrics, 'address');
  t.equal(changedSpec(open, { allowDowntime: true }).etcdMetrics, 'address', 'what is left out stays');
  t.strictSame(changedSpec(open, { etcdMetrics: 'loopback' }), spec);
  t.strictSame(changedSpec(spec, { etcdMetrics: 'loopback' }), spec);
  t.strictSame(revertedSpec(open, spec), spec);
  t.strictSame(revertedSpec(spec, open), open);
});

t.test('the source of etcd can change, and the package is the default that a spec omits', async (t) => {
  const spec = makeSpec(seedCluster());
  const etcd = { source: 'release', version: '3.6.16' } as const;
  t.strictSame(makeSpec(seedCluster({ etcd: { source: 'package' } })), spec);
  t.strictSame(makeSpec(seedCluster({ etcd })).etcd, etcd);
  const released = changedSpec(spec, { etcd });
  t.strictSame(released.etcd, etcd);
  t.strictSame(changedSpec(released, { allowDowntime: true }).etcd, etcd, 'what is left out stays');
  t.strictSame(changedSpec(released, { etcd: { source: 'package' } }), spec);
  t.strictSame(revertedSpec(released, spec), spec);
  t.strictSame(revertedSpec(spec, released).etcd, etcd);
});
