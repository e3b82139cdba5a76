import { type ClusterView, releaseIn } from '@picket/shared/protocol/clusters.ts';
import type { SnapshotPolicy } from '@picket/shared/protocol/snapshots.ts';
import { factLines } from './facts.ts';
import { renderTable } from './table.ts';
import { dateTime, pastTime, type Times } from './units.ts';

/** `picket cluster list` */
export function clusterTable(
  clusters: readonly ClusterView[],
  { deleted, ...times }: Times & { readonly deleted: boolean },
): string {
  if (clusters.length === 0)
    return deleted ? 'No cluster was deleted.' : 'No clusters are declared. `picket cluster create` declares one.';
  return renderTable(
    ['NAME', 'MEMBERS', 'DOMAIN', 'REVISION', 'CREATED'],
    clusters.map(({ spec, createdAt }) => [
      spec.name,
      spec.members.map(({ name }) => name).join(', '),
      spec.domain,
      spec.revision,
      pastTime(createdAt, times),
    ]),
  );
}

/** `picket cluster show` */
export function clusterDetails({
  spec,
  createdAt,
  clientAuthoritySpki,
  peerAuthoritySpki,
  warnings,
}: ClusterView): string {
  const { ports, tuning } = spec;
  const release = releaseIn(spec);
  const facts: readonly (readonly [string, string])[] = [
    ['Name', spec.name],
    ['Revision', String(spec.revision)],
    ['Created', dateTime(createdAt)],
    ['Domain', spec.domain],
    ['Service names', spec.serviceNames.join(', ') || '-'],
    ['VIPs', spec.vips.join(', ') || '-'],
    ['URLs by', spec.advertise],
    ['Ports', `client ${ports.client}, peer ${ports.peer}, metrics ${ports.metrics}`],
    ['etcd', release === null ? 'the package of each machine' : `release ${release}`],
    ['Metrics of etcd', spec.etcdMetrics === 'address' ? 'on loopback and the address of each member' : 'on loopback'],
    ['Keys', spec.keyType],
    ['Certificates last', `${spec.leafLifetimeHours}h`],
    ['Client CA', `SPKI SHA-256 ${clientAuthoritySpki}`],
    ['Peer CA', `SPKI SHA-256 ${peerAuthoritySpki}`],
    ['Timing', `heartbeat ${tuning.heartbeatIntervalMs} ms, election ${tuning.electionTimeoutMs} ms`],
    ['Database quota', `${tuning.quotaBackendBytes} bytes`],
    ['Raft snapshot', `every ${tuning.snapshotCount} entries`],
    ['Compaction', tuning.autoCompactionRetention === '0' ? 'off' : `after ${tuning.autoCompactionRetention}`],
    ['Snapshots', kept(spec.snapshots)],
    ...rehearsals(spec.snapshots),
    ['Downtime allowed', spec.allowDowntime ? 'yes' : 'no'],
    ...(spec.allowLoopback ? [['Loopback allowed', 'yes'] as const] : []),
  ];
  return [factLines(facts), '', memberTable({ spec }), ...warnings.map(({ message }) => `Warning: ${message}`)].join(
    '\n',
  );
}

function kept({ everyMinutes, keepHourly, keepDaily, keepWeekly }: SnapshotPolicy): string {
  const rate = everyMinutes === 0 ? 'only before changes and on request' : `every ${everyMinutes} minutes`;
  return `${rate}; keeps ${keepHourly} hourly, ${keepDaily} daily, ${keepWeekly} weekly`;
}

const packageNote =
  'Each host runs the etcd of its own package. To run the same release on all: docs/how-to/run-etcd-from-a-release.md';

function rehearsals({ rehearseEveryHours = 0 }: SnapshotPolicy): readonly (readonly [string, string])[] {
  return rehearseEveryHours === 0 ? [] : [['Restores rehearsed', `every ${rehearseEveryHours} hours`]];
}

/** The created cluster, and what the operator does next. */
export function createdCluster(view: ClusterView): string {
  const { name, members } = view.spec;
  const several = members.length > 1 ? ` --uses ${members.length}` : '';
  return [
    `The cluster ${name} is declared at revision ${view.spec.revision}:`,
    '',
    memberTable(view),
    ...view.warnings.map(({ message }) => `Warning: ${message}`),
    ...(view.spec.etcd === undefined ? [packageNote] : []),
    '',
    'Next, run this command, and paste the install command that it prints on each host:',
    '',
    `    picket token create ${name}${several}`,
    '',
    'The first host that is ready founds the cluster, and the others are added to it. To watch this:',
    '',
    `    picket status ${name} --watch`,
  ].join('\n');
}

function memberTable({ spec }: Pick<ClusterView, 'spec'>): string {
  return renderTable(
    ['MEMBER', 'ADDRESS', 'NAME IN DNS'],
    spec.members.map(({ name, address }) => [name, address, `${name}.${spec.domain}`]),
  );
}
