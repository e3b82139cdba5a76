import type { Configuration } from '../../packages/coordinator/src/model/configuration-progress.ts';
import type { Step } from '../../packages/coordinator/src/model/progress.ts';
import { said } from '../../packages/coordinator/test/support/said.ts';

const configuration: Configuration = {
  revision: 7,
  tuning: {
    heartbeatIntervalMs: 500,
    electionTimeoutMs: 5000,
    quotaBackendBytes: 2 * 1024 ** 3,
    snapshotCount: 10_000,
    autoCompactionRetention: '1h',
  },
  metricsPort: 2381,
};
const member = 'x-k3s-m-2';
const reason = said('its reason');
const asOf = {};
const listed = { id: 'b9', name: 'stranger', peerUrls: [], clientUrls: [], isLearner: false };

function hashOf(number: number, hash: string) {
  return { member: `x-k3s-m-${number}`, hash: `0000${hash}`, revision: 40, compactRevision: 30 };
}

/** At least one step of each kind, and one for each form of its sentence. A kind that is missing does not compile. */
export const sampleSteps: { readonly [Kind in Step['kind']]: readonly Extract<Step, { readonly kind: Kind }>[] } = {
  found: [{ kind: 'found', member, installed: '3.5' }],
  'record-cluster': [
    { kind: 'record-cluster', member, clusterId: 'c1', memberId: 'a2', asOf, configuration, etcdMinor: '3.5' },
  ],
  'end-cluster': [
    { kind: 'end-cluster', snapshot: 'snapshot0001', nodes: [] },
    { kind: 'end-cluster', snapshot: null, nodes: [] },
  ],
  'let-go': [{ kind: 'let-go', nodeId: 'node2', name: member }],
  'free-name': [
    { kind: 'free-name', filedAs: 'x-k3s-deleted-ab12cd34', nodes: [] },
    { kind: 'free-name', filedAs: 'x-k3s-deleted-ab12cd34', nodes: [{ name: member, nodeId: 'node2' }] },
  ],
  'record-version': [
    { kind: 'record-version', minor: '3.5' },
    { kind: 'record-version', minor: '3.6', ends: '3.6.14' },
  ],
  assign: [
    {
      kind: 'assign',
      executor: 'x-k3s-m-1',
      mutation: { kind: 'add-learner', member, peerUrl: 'https://192.168.7.12:2380' },
    },
    { kind: 'assign', executor: 'x-k3s-m-1', mutation: { kind: 'promote', member, memberId: 'a2' } },
    { kind: 'assign', executor: 'x-k3s-m-1', mutation: { kind: 'remove-learner', member, memberId: 'a2', reason } },
    {
      kind: 'assign',
      executor: 'x-k3s-m-1',
      mutation: { kind: 'remove-voter', member, memberId: 'a2', reason, force: true },
    },
  ],
  'withdraw-assignment': [
    { kind: 'withdraw-assignment', mutation: { kind: 'promote', member, memberId: 'a2' }, reason },
  ],
  'forget-addition': [{ kind: 'forget-addition', member }],
  'forget-assignment': [{ kind: 'forget-assignment', mutation: { kind: 'promote', member, memberId: 'a2' } }],
  'record-unfit': [{ kind: 'record-unfit', member, reason }],
  'record-learner': [{ kind: 'record-learner', member, memberId: 'a2', asOf }],
  'record-caught-up': [{ kind: 'record-caught-up', member }],
  'record-lagging': [{ kind: 'record-lagging', member }],
  'record-voter': [{ kind: 'record-voter', member, asOf }],
  'record-undeclared': [
    { kind: 'record-undeclared', members: [] },
    { kind: 'record-undeclared', members: [listed, { ...listed, id: 'b8', name: '' }] },
  ],
  'record-removed': [{ kind: 'record-removed', member, memberId: 'a2', reason, asOf, nodeId: 'node2' }],
  'release-node': [
    { kind: 'release-node', member, nodeId: null },
    { kind: 'release-node', member, nodeId: 'node2' },
  ],
  'forget-incarnations': [
    { kind: 'forget-incarnations', incarnations: [{ member, incarnation: 'life0002', nodeId: 'node2' }] },
  ],
  'retire-incarnation': [{ kind: 'retire-incarnation', member, incarnation: 'life0002', nodeId: 'node2' }],
  'grant-permit': [
    { kind: 'grant-permit', member },
    { kind: 'grant-permit', member, by: 'operator ada' },
    { kind: 'grant-permit', member, upgrade: true },
  ],
  'grant-hold': [
    { kind: 'grant-hold', member, by: 'operator ada', why: 'kernel update', seconds: 1800, stop: true },
    { kind: 'grant-hold', member, by: `root on ${member}`, why: null, seconds: 5400, stop: false },
  ],
  'open-hold': [{ kind: 'open-hold', member, by: 'operator ada', until: '2026-11-28T14:30:00.000Z' }],
  'change-hold': [
    {
      ...{ kind: 'change-hold', member, by: 'operator ada', why: 'kernel update', seconds: 7200 },
      until: '2026-11-28T16:30:00.000Z',
    },
    {
      ...{ kind: 'change-hold', member, by: `root on ${member}`, why: null, seconds: 60 },
      until: '2026-11-28T16:30:00.000Z',
    },
  ],
  'end-hold': [
    { kind: 'end-hold', member, outcome: 'ended' },
    { kind: 'end-hold', member, outcome: 'lapsed' },
  ],
  'assign-handover': [{ kind: 'assign-handover', member, memberId: 'a2', executor: 'x-k3s-m-1', by: 'operator ada' }],
  'record-handover': [
    { kind: 'record-handover', member, executor: 'x-k3s-m-1', outcome: 'done', reason },
    { kind: 'record-handover', member, executor: 'x-k3s-m-1', outcome: 'failed', reason },
  ],
  'withdraw-permit': [
    { kind: 'withdraw-permit', member, reason },
    { kind: 'withdraw-permit', member, reason: { code: 'needs_no_restart', facts: {} } },
    { kind: 'withdraw-permit', member, reason, hold: 'begun' },
    { kind: 'withdraw-permit', member, reason, hold: 'not-begun' },
  ],
  'close-permit': [
    { kind: 'close-permit', member, outcome: 'confirmed' },
    { kind: 'close-permit', member, outcome: 'lapsed' },
  ],
  'assign-snapshot': [{ kind: 'assign-snapshot', executor: member, why: said('on schedule') }],
  'withdraw-snapshot': [{ kind: 'withdraw-snapshot', reason }],
  'record-snapshot': [{ kind: 'record-snapshot', id: 'snapshot0001', takenAt: 0 }],
  'release-configuration': [{ kind: 'release-configuration', member, configuration }],
  'confirm-configuration': [{ kind: 'confirm-configuration', member }],
  'put-back-configuration': [{ kind: 'put-back-configuration', member, changed: 'both', reason }],
  'settle-configuration': [{ kind: 'settle-configuration', configuration }],
  'pause-upgrade': [
    { kind: 'pause-upgrade', at: 'after-first', member },
    { kind: 'pause-upgrade', at: 'before-last', member },
  ],
  'note-raft-index': [{ kind: 'note-raft-index', index: 4711 }],
  'end-upgrade-stage': [
    { kind: 'end-upgrade-stage', stage: { kind: 'install', version: '3.5.33' }, minor: null },
    { kind: 'end-upgrade-stage', stage: { kind: 'restart' }, minor: null },
    { kind: 'end-upgrade-stage', stage: { kind: 'raft-snapshot' }, minor: null },
    { kind: 'end-upgrade-stage', stage: { kind: 'downgrade', to: '3.5' }, minor: null },
    { kind: 'end-upgrade-stage', stage: { kind: 'install', version: '3.6.14' }, minor: '3.6' },
    { kind: 'end-upgrade-stage', stage: { kind: 'install', version: null }, minor: null },
  ],
  'end-upgrade': [
    { kind: 'end-upgrade', to: '3.6.14', aborted: false },
    { kind: 'end-upgrade', to: '3.6.14', aborted: true },
    { kind: 'end-upgrade', to: '3.5.33', aborted: false, down: true },
  ],
  'assign-downgrade': [
    { kind: 'assign-downgrade', executor: member, to: '3.5' },
    { kind: 'assign-downgrade', executor: member, to: null },
  ],
  'record-downgrade': [
    { kind: 'record-downgrade', executor: member, to: '3.5', outcome: 'done', reason },
    { kind: 'record-downgrade', executor: member, to: null, outcome: 'failed', reason },
  ],
  'record-no-space': [{ kind: 'record-no-space', members: [member, 'x-k3s-m-3'] }],
  'assign-maintenance': [
    { kind: 'assign-maintenance', task: 'compact', executor: member, revision: 40 },
    { kind: 'assign-maintenance', task: 'disarm', executor: member, revision: 40 },
  ],
  'withdraw-maintenance': [{ kind: 'withdraw-maintenance', reason }],
  'record-compaction': [{ kind: 'record-compaction', member, revision: 40, reason }],
  'grant-defragmentation': [{ kind: 'grant-defragmentation', member, compactFirst: true, why: said('it has gaps') }],
  'record-defragmentation': [
    { kind: 'record-defragmentation', member, outcome: 'done', reason },
    { kind: 'record-defragmentation', member, outcome: 'failed', reason },
  ],
  'record-space': [
    { kind: 'record-space', by: member },
    { kind: 'record-space', by: null },
  ],
  'assign-comparison': [{ kind: 'assign-comparison', members: ['x-k3s-m-1', member], revision: 40 }],
  'record-comparison': [
    {
      ...{ kind: 'record-comparison', revision: 40, voters: ['a1'], hashes: [hashOf(1, '0007')], unheard: [] },
      ...{ finding: 'agree', agreeing: ['x-k3s-m-1'], differing: [] },
    },
    {
      ...{ kind: 'record-comparison', revision: 40, voters: ['a1', 'a2', 'a3'], unheard: [] },
      hashes: [hashOf(1, '0007'), hashOf(2, '0009'), hashOf(3, '0007')],
      ...{ finding: 'named', agreeing: ['x-k3s-m-1', 'x-k3s-m-3'], differing: [member] },
    },
    {
      ...{ kind: 'record-comparison', revision: 40, voters: ['a1', 'a2'] },
      hashes: [hashOf(1, '0007'), { ...hashOf(2, '0009'), compactRevision: -1 }],
      unheard: [{ member: 'x-k3s-m-3', why: reason }],
      ...{ finding: 'undecided', agreeing: [], differing: [] },
    },
  ],
  'assign-disarming': [{ kind: 'assign-disarming', executor: member }],
  'withdraw-disarming': [{ kind: 'withdraw-disarming', reason }],
  'assign-authentication': [true, false].map((enable) => ({
    kind: 'assign-authentication',
    executor: member,
    enable,
    clients: enable ? ['client:x-k3s-m-1'] : [],
    why: reason,
  })),
  'record-authentication': [
    { kind: 'record-authentication', executor: member, enable: true, outcome: 'done', reason },
    { kind: 'record-authentication', executor: member, enable: false, outcome: 'done', reason },
    { kind: 'record-authentication', executor: member, enable: true, outcome: 'failed', reason },
  ],
  'assign-admission': [{ kind: 'assign-admission', executor: member, incarnation: 'life0001' }],
  'record-admission': [
    { kind: 'record-admission', executor: member, outcome: 'done', reason },
    { kind: 'record-admission', executor: member, outcome: 'failed', reason },
  ],
  'record-no-corruption': [
    { kind: 'record-no-corruption', by: member },
    { kind: 'record-no-corruption', by: null },
  ],
  freeze: [{ kind: 'freeze', reason }],
  quarantine: [{ kind: 'quarantine', nodeId: 'node2', name: member, reason }],
  'end-quarantine': [{ kind: 'end-quarantine', nodeId: 'node2', name: member, reason }],
};
