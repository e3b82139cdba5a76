import { parse } from '@picket/shared/etcd-config/parse.ts';
import { validate } from '@picket/shared/etcd-config/validate.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ReleaseProgram } from '@picket/shared/protocol/releases.ts';
import fc from 'fast-check';
import t from 'tap';
import { makeSpec } from '../../src/declaration/make-spec.ts';
import { nodeState } from '../../src/desired-state/node-state.ts';
import { wantedConfiguration } from '../../src/model/configuration-of.ts';
import type { MemberProgress } from '../../src/model/membership-progress.ts';
import type { ClusterProgress } from '../../src/model/progress.ts';
import { seedCluster } from '../support/nodes.ts';
import { said } from '../support/said.ts';
import { placeOf, progressOf, trust } from './samples.ts';

const spec = makeSpec(seedCluster());
const stateOf = (number: number, progress = progressOf('voter')) =>
  nodeState(spec, progress, placeOf(spec, number), trust);

t.test('a member whose turn has not come has certificates to fetch and no etcd to start', async (t) => {
  const { etcd, certificates } = stateOf(2);
  t.equal(etcd, null);
  t.same(
    certificates.map(({ purpose }) => purpose),
    ['server', 'peer', 'client', 'admin'],
  );
});

t.test('R1: a founder is released as `new`, alone', async (t) => {
  const { etcd } = stateOf(1, progressOf('founding'));
  t.equal(etcd?.initialClusterState, 'new');
  t.match(etcd?.conf, 'initial-cluster: "x-k3s-m-1=https://192.168.7.11:2380"\n');
});

t.test('R1: nobody else is released while the founder founds', async (t) => {
  t.same([stateOf(2, progressOf('founding')).etcd, stateOf(3, progressOf('founding')).etcd], [null, null]);
});

t.test('R3: a member that is being added to etcd’s list is not started yet, and not named to the others', async (t) => {
  const progress = progressOf('voter', 'adding');
  t.equal(stateOf(2, progress).etcd, null);
  t.notMatch(stateOf(1, progress).etcd?.conf, /x-k3s-m-2/);
});

t.test('R3: a learner is started with the members that etcd has', async (t) => {
  const { etcd } = stateOf(2, progressOf('voter', 'learner'));
  t.match(etcd?.conf, 'initial-cluster: "x-k3s-m-1=https://192.168.7.11:2380,x-k3s-m-2=https://192.168.7.12:2380"\n');
});

t.test('R4: the data directory belongs to this incarnation alone', async (t) => {
  t.match(stateOf(1).etcd?.conf, 'data-dir: "/var/lib/etcd/life0001"\n');
});

t.test('R4: an incarnation that should end continues on its own machine, and begins on no other', async (t) => {
  const { members, ...progress } = progressOf('voter', 'voter', 'voter');
  const { 'x-k3s-m-3': third, ...others } = members;
  if (third === undefined) throw new Error('no third member');
  const leaves = (machineGone: boolean) => {
    const leaving = { reason: said('it is lost'), force: false, machineGone };
    return { ...progress, members: { ...others, 'x-k3s-m-3': { ...third, leaving } } };
  };
  t.equal(stateOf(3, leaves(false)).etcd?.incarnation, 'life0003');
  t.equal(stateOf(3, leaves(true)).etcd, null);
  t.match(stateOf(1, leaves(true)).etcd?.conf, /x-k3s-m-3/, 'and is named to the others until it is out');
});

t.test('a member that is taken out of the declaration keeps its conf.yml until etcd has removed it', async (t) => {
  const before = progressOf('voter', 'voter', 'voter');
  const progress = { ...before, departing: { 'x-k3s-m-3': { address: '192.168.7.13' } } };
  const after = { ...spec, members: spec.members.slice(0, 2) };
  for (const number of [1, 3]) {
    const { etcd, endpoints } = nodeState(after, progress, placeOf(spec, number), trust);
    t.equal(etcd?.conf, stateOf(number, before).etcd?.conf);
    t.same(endpoints, stateOf(number, before).endpoints);
  }
});

t.test('clients get only voters as endpoints', async (t) => {
  t.same(stateOf(3, progressOf('voter', 'learner', 'adding')).endpoints, ['https://192.168.7.11:2379']);
});

t.test('incarnations that are over are named only to their own node', async (t) => {
  const progress = { ...progressOf('voter'), retired: [{ member: 'x-k3s-m-2', incarnation: 'life0009' }] };
  t.same([stateOf(1, progress).retired, stateOf(2, progress).retired], [[], ['life0009']]);
});

t.test('R3: only its executor gets a change of membership', async (t) => {
  const progress = {
    ...progressOf('voter', 'adding'),
    assignment: {
      id: 'step0001',
      executor: 'x-k3s-m-1',
      issuedAt: 0,
      since: 0,
      mutation: { kind: 'add-learner', member: 'x-k3s-m-2', peerUrl: 'https://192.168.7.12:2380' },
    },
  } as const;
  t.same(stateOf(1, progress).membershipStep, {
    id: 'step0001',
    kind: 'add-learner',
    member: 'x-k3s-m-2',
    peerUrl: 'https://192.168.7.12:2380',
    validForSeconds: 90,
  });
  t.equal(stateOf(2, progress).membershipStep, null);
});

t.test('R2: only its holder gets a permit', async (t) => {
  const permit = { id: 'permit01', member: 'x-k3s-m-2', issuedAt: 0, withdrawnAt: null };
  const progress = { ...progressOf('voter', 'voter', 'voter'), permit };
  t.same(
    [1, 2, 3].map((number) => stateOf(number, progress).permit),
    [null, { id: 'permit01', act: 'restart', validForSeconds: 90 }, null],
  );
});

t.test('R2: nobody gets a withdrawn permit', async (t) => {
  const permit = { id: 'permit01', member: 'x-k3s-m-2', issuedAt: 0, withdrawnAt: 1 };
  t.equal(stateOf(2, { ...progressOf('voter', 'voter', 'voter'), permit }).permit, null);
});

for (const [wanted, rendered] of [
  [undefined, '1h'],
  ['30m', '30m'],
  ['0', '0'],
] as const) {
  t.test(`etcd itself compacts, by all members’ conf.yml: ${wanted ?? 'by default'}`, async (t) => {
    const tuning = wanted === undefined ? {} : { autoCompactionRetention: wanted };
    const kept = makeSpec(seedCluster({ tuning }));
    const { etcd } = nodeState(kept, progressOf('voter'), placeOf(kept, 1), trust);
    t.match(parse(etcd?.conf ?? ''), { autoCompactionMode: 'periodic', autoCompactionRetention: rendered });
  });
}

for (const [hours, seconds] of [
  [8760, 60 * 24 * 3600],
  [24, 16 * 3600],
  [1, 2400],
] as const) {
  t.test(`certificates of ${hours} h are renewed after ${seconds} s`, async (t) => {
    const short = makeSpec(seedCluster({ leafLifetimeHours: hours }));
    const { certificates } = nodeState(short, progressOf('voter'), placeOf(short, 1), trust);
    t.same(
      certificates.map(({ renewAfterSeconds }) => renewAfterSeconds),
      [seconds, seconds, seconds, seconds],
    );
  });
}

const byKey = { compactHashCheck: true } as const;
const byGate = { featureGates: 'CompactHashCheck=true' } as const;
for (const [minor, installed, hashCheck] of [
  ['3.5', undefined, byKey],
  ['3.6', undefined, byGate],
  ['3.7', '3.5', byGate],
  ['3.10', undefined, byGate],
  ['4.0', undefined, byGate],
  [null, '3.6', byGate],
  [null, '3.5', byKey],
  [null, undefined, byKey],
] as const) {
  t.test(`the data of members is compared: etcd ${minor}, the founder had ${installed}`, async (t) => {
    const { formation, ...progress } = progressOf(minor === null ? 'founding' : 'voter');
    if (formation === null) throw new Error('nothing is founded');
    const founded = { ...formation, ...(installed === undefined ? {} : { installed }) };
    const { etcd } = stateOf(1, { ...progress, formation: founded, etcdMinor: minor });
    const { compactHashCheck, featureGates } = parse(etcd?.conf ?? '');
    t.strictSame(JSON.parse(JSON.stringify({ compactHashCheck, featureGates })), hashCheck);
  });
}

const laterPhases = fc.constantFrom<MemberProgress['phase'] | null>('adding', 'learner', 'voter', null);
const situations = fc.record({
  phases: fc.tuple(fc.constant<MemberProgress['phase']>('voter'), laterPhases, laterPhases),
  advertise: fc.constantFrom('ip', 'name'),
  number: fc.integer({ min: 1, max: 3 }),
});

t.test('the same spec and progress give the same state to the byte, and nothing handed in is changed', async () => {
  fc.assert(
    fc.property(situations, ({ phases, advertise, number }) => {
      const given = makeSpec(seedCluster({ advertise }));
      const progress = progressOf(...phases);
      const before = JSON.stringify([given, progress]);
      const one = JSON.stringify(nodeState(given, progress, placeOf(given, number), trust));
      const copy = JSON.parse(before) as [typeof given, typeof progress];
      const other = JSON.stringify(nodeState(copy[0], copy[1], placeOf(copy[0], number), trust));
      return one === other && before === JSON.stringify([given, progress]);
    }),
  );
});

t.test('R1: once the cluster is recorded every conf.yml says `existing`, and etcd would accept it', async () => {
  fc.assert(
    fc.property(situations, ({ phases, advertise, number }) => {
      const given = makeSpec(seedCluster({ advertise }));
      const { etcd } = nodeState(given, progressOf(...phases), placeOf(given, number), trust);
      if (etcd === null) return phases[number - 1] === null || phases[number - 1] === 'adding';
      const config = parse(etcd.conf);
      validate(config);
      return config.initialClusterState === 'existing' && etcd.initialClusterState === 'existing';
    }),
  );
});

t.test(
  'R17 a member that must write raft snapshots gets snapshot-count 1, and the others that of the declaration',
  async (t) => {
    const settled = wantedConfiguration(spec);
    const rolledOut = { 'x-k3s-m-2': { ...settled, raftSnapshots: true } as const };
    const progress = progressOf('voter', 'voter', 'voter');
    const rolling = { ...progress, configuration: { ...progress.configuration, settled, rolledOut } };
    const counts = [1, 2, 3].map((number) => {
      const { etcd } = nodeState(spec, rolling, placeOf(spec, number), trust);
      return /^snapshot-count: (\d+)$/m.exec(etcd?.conf ?? '')?.[1];
    });
    t.strictSame(counts, ['10000', '1', '10000']);
  },
);

t.test('a node gets the release of its own settings, also before its turn, and none once it is let go', async (t) => {
  const programs: ReleaseProgram[] = [{ name: 'etcd', sha256: 'a'.repeat(64), sizeBytes: 7 }];
  const stored = { tool: null, programsOf: (version: string) => (version === '3.6.16' ? programs : null) };
  const wants = (version: string): ClusterSpec => ({ ...spec, etcd: { source: 'release', version } });
  const programFor = (given: ClusterSpec, progress: ClusterProgress, number: number) =>
    nodeState(given, progress, { ...placeOf(spec, number), stored }, trust).program;
  t.same(programFor(spec, progressOf('voter'), 1), undefined, 'the package');
  t.same(programFor(wants('3.6.16'), progressOf('voter'), 2), { version: '3.6.16', programs });
  t.same(programFor(wants('3.6.15'), progressOf('voter'), 1), { version: '3.6.15', programs: null }, 'none is stored');
  const settled = wantedConfiguration(spec);
  const rolledOut = { 'x-k3s-m-2': wantedConfiguration(wants('3.6.16')) };
  const progress = progressOf('voter', 'voter', 'voter');
  const rolling = { ...progress, configuration: { ...progress.configuration, settled, rolledOut } };
  t.same(
    [1, 2, 3].map((number) => programFor(wants('3.6.16'), rolling, number)?.version),
    [undefined, '3.6.16', undefined],
  );
  const removed = { ...wants('3.6.16'), members: spec.members.slice(0, 2) };
  t.same(programFor(removed, progressOf('voter', 'voter'), 3), undefined);
});
