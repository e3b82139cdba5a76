import type { MachineReport, NodeStatus } from '@picket/shared/protocol/report.ts';
import { reasonTable } from '@picket/shared/reasons/table.ts';
import { alarmedBy } from '../model/alarms.ts';
import { serving } from '../model/health.ts';
import { isHeard, silentFor } from '../model/presence.ts';
import { asReported } from '../model/quarantine.ts';
import type { Situation } from '../model/situation.ts';
import type { ClusterStatus } from '../status/cluster-status.ts';
import { type Sample, sample } from './families.ts';
import { machineFigures } from './machine-figures.ts';

type Member = ClusterStatus['members'][number];
interface Labels {
  readonly cluster: string;
  readonly member: string;
}

const alarms = ['NOSPACE', 'CORRUPT'] as const;
const machineFamilyNames = Object.keys(machineFigures) as readonly (keyof typeof machineFigures)[];

/** Of each declared member, and of those that leave. What a member reports is left out once that report is old. Pure. */
export function memberSamples(situation: Situation, { members }: ClusterStatus): readonly Sample[] {
  const raised = alarms.flatMap((alarm) => {
    const { name: cluster } = situation.spec;
    return (alarmedBy(situation, alarm) ?? []).map((member) =>
      sample('picket_member_alarm', { cluster, member, alarm }, 1),
    );
  });
  return [...members.flatMap((member) => ofMember(situation, member)), ...raised];
}

function ofMember(situation: Situation, { name, address, phase }: Member): readonly Sample[] {
  const { spec, status, progress, now } = situation;
  const labels = { cluster: spec.name, member: name };
  const node = status.nodes[name];
  const incarnation = progress.members[name];
  const serves = incarnation?.phase === 'voter' && serving(situation, name).ok;
  const silentMs = node === undefined ? null : silentFor(asReported(node), now);
  const known = [
    sample('picket_member_phase', { ...labels, phase }, 1),
    sample('picket_member_serving', labels, Number(serves)),
    ...(node?.uncounted === undefined
      ? []
      : [sample('picket_member_uncounted', { ...labels, code: node.uncounted.code }, 1)]),
    ...(silentMs === null ? [] : [sample('picket_member_report_age_seconds', labels, seconds(silentMs))]),
  ];
  return node?.status == null || !isHeard(node, now)
    ? known
    : [...known, ...reported(labels, address, node.status, node.generation)];
}

function reported(labels: Labels, address: string, status: NodeStatus, published: number): readonly Sample[] {
  const { agent, service, etcd, machine } = status;
  const etcdVersion = service.etcdVersion === null ? '' : knownVersion(service.etcdVersion);
  const versions = { etcd_version: etcdVersion, agent_version: knownVersion(agent.version) };
  return [
    sample('picket_member_info', { ...labels, address, ...versions }, 1),
    sample('picket_member_service_state', { ...labels, state: service.state }, 1),
    sample('picket_member_etcd_restarts_total', labels, service.restarts),
    sample('picket_member_generation_lag', labels, Math.max(0, published - agent.generationApplied)),
    ...agent.waits.map(({ code }) => sample('picket_member_agent_waits', { ...labels, code: knownCode(code) }, 1)),
    ...(etcd === null ? [] : ofEtcd(labels, etcd)),
    ...ofMachine(labels, machine),
  ];
}

/** A node may report any code; each one would be a series of its own (R18). */
function knownCode(code: string): string {
  return Object.hasOwn(reasonTable, code) ? code : 'other';
}

/** A node may report any text; only what looks like a release of etcd or Picket is a label (R18). */
function knownVersion(version: string): string {
  return /^\d{1,2}\.\d{1,2}\.\d{1,2}(-(alpha|beta|rc)\.\d{1,2})?$/.test(version) ? version : 'other';
}

function ofEtcd(labels: Labels, etcd: NonNullable<NodeStatus['etcd']>): readonly Sample[] {
  return [
    sample('picket_member_leader', labels, Number(etcd.leader === etcd.memberId)),
    sample('picket_member_has_leader', labels, Number(etcd.leader !== '0')),
    sample('picket_member_raft_term', labels, etcd.raftTerm),
    sample('picket_member_database_bytes', labels, etcd.dbSizeBytes),
    sample('picket_member_database_in_use_bytes', labels, etcd.dbSizeInUseBytes),
  ];
}

function ofMachine(labels: Labels, machine: MachineReport): readonly Sample[] {
  return machineFamilyNames.flatMap((family) => {
    const value = machineFigures[family].of(machine);
    return value == null ? [] : [sample(family, labels, value)];
  });
}

export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}
