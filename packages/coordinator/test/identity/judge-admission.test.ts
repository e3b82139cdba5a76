import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { configDefaults } from '../../src/config/config.ts';
import { type AdmissionFacts, judgeAdmission } from '../../src/identity/judge-admission.ts';
import type { MemberNode } from '../../src/inventory/inventory.ts';
import { emptyProgress } from '../../src/model/progress.ts';
import { hour, sampleFacts, sampleNode, sampleSpec, sampleToken, start } from '../inventory/samples.ts';

const ownKey = '11'.repeat(32);
const otherKey = '22'.repeat(32);

function node(overrides: Partial<MemberNode> = {}): MemberNode {
  return { ...sampleNode(), joinOrder: 1, identityGeneration: 1, frozen: null, evictedAt: null, ...overrides };
}

/** A machine that asks to become pi-1 in a cluster that knows no node. */
function facts(overrides: Partial<AdmissionFacts> = {}): AdmissionFacts {
  return {
    now: start,
    applicant: {
      tokenId: 'token000',
      spkiHash: ownKey,
      means: { kind: 'member', facts: sampleFacts(), address: undefined, hostNamed: false },
    },
    token: sampleToken(),
    spec: sampleSpec(),
    progress: emptyProgress,
    rests: false,
    nodes: [],
    limits: configDefaults.limits,
    joinedInAll: 0,
    etcdOf: () => null,
    releases: [],
    nodeWithKey: null,
    hasUsedToken: false,
    tokenMayReplace: true,
    joinedAfterBackup: null,
    freshId: 'fresh',
    vacate: () => {
      throw new Error('nobody has to leave');
    },
    ...overrides,
  };
}

/** The code of its refusal. */
function refusal(overrides: Partial<AdmissionFacts>): string {
  try {
    judgeAdmission(facts(overrides));
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
  return 'admitted';
}

const client = {
  tokenId: 'token000',
  spkiHash: ownKey,
  means: { kind: 'client', facts: { ...sampleFacts(), name: 'k3s-1' } },
} as const;

t.test('a member without a node is a new node, for one use of the token', async (t) => {
  t.match(judgeAdmission(facts()), {
    spendsToken: true,
    replaces: null,
    node: { is: 'new', record: { id: 'fresh', member: 'pi-1', joinedAt: start }, joinedAfterBackup: null },
    events: [{ kind: 'node-joined' }],
  });
});

t.test('a member is named by the address that it is declared at', async (t) => {
  const means = {
    kind: 'member',
    facts: sampleFacts({ name: 'localhost' }),
    address: '192.168.7.11',
    hostNamed: true,
  } as const;
  const { node } = judgeAdmission(facts({ applicant: { ...facts().applicant, means } }));
  t.match(node.record, { member: 'pi-1', facts: { name: 'pi-1' } });
  const elsewhere = { ...means, address: '192.168.7.99' };
  t.equal(refusal({ applicant: { ...facts().applicant, means: elsewhere } }), 'address_not_declared');
});

t.test('a machine is the member of its host name, alone or with the domain of the cluster', async (t) => {
  const called = (name: string, hostNamed = true) => {
    const means = { kind: 'member', facts: sampleFacts({ name }), address: undefined, hostNamed } as const;
    return { applicant: { ...facts().applicant, means } };
  };
  const { domain } = sampleSpec();
  for (const name of ['pi-1', 'PI-1', 'pi-1.', `pi-1.${domain}`, `Pi-1.${domain.toUpperCase()}.`])
    for (const hostNamed of [true, false])
      t.match(
        judgeAdmission(facts(called(name, hostNamed))).node.record,
        { member: 'pi-1', facts: { name: 'pi-1' } },
        name,
      );
  for (const name of ['pi-1.elsewhere.lan', `rack.pi-1.${domain}`, `pi-1.x${domain}`, domain, `.${domain}`])
    t.equal(refusal(called(name)), 'member_not_declared', name);
});

t.test('a client has its host name without the domain of the cluster', async (t) => {
  const { domain } = sampleSpec();
  const called = (name: string) => ({
    applicant: { ...client, means: { ...client.means, facts: { ...client.means.facts, name } } },
    token: sampleToken({ kind: 'client' }),
  });
  for (const name of ['K3s-1', `k3s-1.${domain}.`])
    t.match(judgeAdmission(facts(called(name))).node.record, { client: 'k3s-1', facts: { name: 'k3s-1' } });
  t.equal(refusal(called(`pi-1.${domain}`)), 'client_named_as_member');
  for (const name of ['k3s-1.elsewhere.lan', 'k3s_1', `${'k'.repeat(58)}.${domain}`])
    t.equal(refusal(called(name)), 'client_name_invalid', name);
});

t.test('a token that is bound to a member names a machine whose name nobody has chosen', async (t) => {
  const asked = (name: string, hostNamed: boolean, bound = 'pi-1') => {
    const means = { kind: 'member', facts: sampleFacts({ name }), address: undefined, hostNamed } as const;
    return { applicant: { ...facts().applicant, means }, token: sampleToken({ name: bound }) };
  };
  t.match(judgeAdmission(facts(asked('alpine', true))).node.record, { member: 'pi-1', facts: { name: 'pi-1' } });
  t.match(judgeAdmission(facts(asked('pi-1.elsewhere.lan', true))).node.record, { member: 'pi-1' });
  t.equal(refusal(asked('alpine', false)), 'member_not_declared', 'by --name');
  t.equal(refusal(asked('pi-1', true, 'pi-2')), 'token_bound_elsewhere', 'the machine is another member');
  t.equal(refusal(asked('alpine', true, 'pi-2')), 'address_not_on_node');
});

t.test('a client is admitted with a token for clients, and not under the name of a member', async (t) => {
  const token = sampleToken({ kind: 'client' });
  t.match(judgeAdmission(facts({ applicant: client, token })), { node: { is: 'new', record: { client: 'k3s-1' } } });
  t.equal(refusal({ applicant: client }), 'token_for_members');
  t.equal(refusal({ token }), 'token_for_clients');
  const means = { ...client.means, facts: { ...client.means.facts, name: 'pi-1' } };
  t.equal(refusal({ applicant: { ...client, means }, token }), 'client_named_as_member');
  const nodeRole = { ...node(), kind: 'client', client: 'k3s-1', spkiHash: otherKey } as const;
  t.equal(refusal({ applicant: client, token: { ...token, name: 'k3s-1' }, nodes: [nodeRole] }), 'client_taken');
});

t.test('the same node gets its answer again, and spends nothing', async (t) => {
  const late = { now: start + 2 * hour, token: sampleToken({ usesSpent: 1 }), nodeWithKey: node(), nodes: [node()] };
  t.match(judgeAdmission(facts({ ...late, hasUsedToken: true })), {
    spendsToken: false,
    node: { is: 'known', record: { id: 'node0001' }, isRightOne: false },
    events: [{ kind: 'node-rejoined' }],
  });
  t.equal(refusal(late), 'token_expired');
});

t.test('R15: a superseded or frozen key is accepted again only with a newer token', async (t) => {
  const superseded = node({ spkiHash: otherKey, identityGeneration: 2 });
  t.equal(refusal({ nodeWithKey: superseded, hasUsedToken: true }), 'identity_superseded');
  const frozen = node({ frozen: { at: start + 1, because: reason('two_runs_report') } });
  t.equal(refusal({ nodeWithKey: frozen, hasUsedToken: true }), 'identity_frozen');
  const token = sampleToken({ createdAt: start + 2 });
  for (const nodeWithKey of [superseded, frozen])
    t.match(judgeAdmission(facts({ nodeWithKey, token })), {
      spendsToken: true,
      node: { is: 'known', isRightOne: true },
    });
});

t.test('a key of another node, or of an evicted one, is accepted nowhere', async (t) => {
  t.equal(refusal({ nodeWithKey: node({ member: 'pi-2' }) }), 'joined_as_another');
  t.equal(refusal({ nodeWithKey: node({ evictedAt: start }) }), 'node_evicted');
});

t.test('R5: a node that is newer than the backup stays the same node', async (t) => {
  const certificate = { commonName: 'pi-1' } as NonNullable<AdmissionFacts['joinedAfterBackup']>['certificate'];
  const joinedAfterBackup = { nodeId: 'earlier', certificate, joinedAt: start - hour };
  const progress = { ...emptyProgress, frozen: reason('rests_after_restore') };
  t.match(judgeAdmission(facts({ rests: true, progress, joinedAfterBackup })), {
    node: { is: 'new', record: { id: 'earlier', joinedAt: start - hour }, joinedAfterBackup },
  });
  t.equal(refusal({ rests: true, progress }), 'cluster_frozen', 'R1: another machine in a place that may be taken');
  const another = { ...joinedAfterBackup, certificate: { ...certificate, commonName: 'pi-2' } };
  t.equal(refusal({ rests: true, progress, joinedAfterBackup: another }), 'cluster_frozen');
});

t.test('R3: a token for this member alone replaces a lost machine', async (t) => {
  const other = node({ id: 'node0002', spkiHash: otherKey });
  const token = sampleToken({ name: 'pi-1' });
  const progress = { ...emptyProgress, formations: 7 };
  const admission = judgeAdmission(facts({ nodes: [other], token, vacate: () => progress }));
  t.match(admission.replaces, { nodeId: 'node0002', progress });
  t.same(
    admission.events.map(({ kind }) => kind),
    ['replace', 'node-joined'],
  );
  t.equal(refusal({ nodes: [other] }), 'member_taken');
  t.throws(() => judgeAdmission(facts({ nodes: [other], token })), { message: 'nobody has to leave' });
});

t.test('R17: a newcomer has the minor version of the remaining members', async (t) => {
  const { service } = readyStatus();
  const other = node({ id: 'node0002', member: 'pi-2', spkiHash: otherKey });
  const runs = { service: { ...service, etcdVersion: '3.6.1' }, etcd: null };
  t.equal(refusal({ nodes: [other], etcdOf: () => runs }), 'etcd_minor_differs');
  const lost = { ...other, member: 'pi-1' };
  const token = sampleToken({ name: 'pi-1' });
  t.equal(refusal({ nodes: [lost], token, etcdOf: () => runs, vacate: () => emptyProgress }), 'admitted');
});

t.test('R4: folders stay as they are once an incarnation is in them', async (t) => {
  const incarnation = {
    incarnation: 'life0001',
    phase: 'voter',
    memberId: 'a1',
    since: start,
    caughtUp: true,
    unfit: null,
  } as const;
  const progress = { ...emptyProgress, members: { 'pi-1': incarnation } };
  const { layout } = sampleFacts();
  const nodeWithKey = node({ facts: sampleFacts({ layout: { ...layout, dataRoot: '/mnt/etcd' } }) });
  t.equal(refusal({ nodeWithKey, progress }), 'layout_fixed');
  t.equal(refusal({ nodeWithKey }), 'admitted');
});

t.test('a token that is spent, of another member, or unknown', async (t) => {
  t.equal(refusal({ token: null }), 'token_unknown');
  t.equal(refusal({ token: sampleToken({ usesSpent: 1 }) }), 'token_used_up');
  t.equal(refusal({ token: sampleToken({ name: 'pi-2' }) }), 'token_bound_elsewhere');
});

t.test(
  'R18: a new client beyond the limit of its cluster, and any new node beyond that of all, is refused',
  async (t) => {
    const token = sampleToken({ kind: 'client', name: null });
    const { facts: ofMember, member: _member, ...rest } = node();
    const k3s = (number: number) => ({
      ...rest,
      ...({ kind: 'client', id: `client0${number}`, client: `k3s-${number}` } as const),
      facts: { ...ofMember, name: `k3s-${number}` },
    });
    const two = [k3s(2), k3s(3)];
    const limits = { ...configDefaults.limits, clientsPerCluster: 2, nodes: 10 };
    t.equal(refusal({ applicant: client, token, limits, nodes: two, joinedInAll: 9 }), 'too_many_clients');
    t.equal(refusal({ applicant: client, token, limits, nodes: two.slice(1), joinedInAll: 9 }), 'admitted');
    const evicted = two.map((one) => ({ ...one, evictedAt: start }));
    t.equal(refusal({ applicant: client, token, limits, nodes: evicted, joinedInAll: 9 }), 'admitted', 'evicted ones');
    t.equal(refusal({ applicant: client, token, limits, joinedInAll: 10 }), 'too_many_nodes');
    t.equal(refusal({ limits, nodes: two, joinedInAll: 9 }), 'admitted', 'clients take no place of a member');
    t.equal(refusal({ limits, joinedInAll: 10 }), 'too_many_nodes');
    const nodeWithKey = node();
    t.equal(refusal({ nodeWithKey, hasUsedToken: true, limits, joinedInAll: 10 }), 'admitted', 'a node that is there');
    const replacing = sampleToken({ name: 'pi-1' });
    const vacate = () => emptyProgress;
    const other = node({ id: 'other', spkiHash: otherKey });
    t.equal(
      refusal({ nodes: [other], token: replacing, vacate, limits, joinedInAll: 10 }),
      'admitted',
      'a replacement',
    );
  },
);
