import type { ReportRequest } from '@picket/shared/protocol/report.ts';
import { readyStatus } from '../../packages/shared/test/samples/node-status.ts';

const urls = Array.from({ length: 10 }, (_, index) => `https://192.168.7.${index + 1}:2379/${'x'.repeat(265)}`);

/** A whole report of 147 KiB, as no node sends it. The coordinator takes it, and keeps 16 KB of it if a client sends it. */
export function largeReport(sequence: number): ReportRequest {
  const { agent, service, ...status } = readyStatus();
  const waits = Array.from({ length: 20 }, () => ({ code: 'error_says', facts: { text: 'x'.repeat(3900) } }));
  const lastLog = Array.from({ length: 20 }, () => 'x'.repeat(1000));
  const members = Array.from({ length: 8 }, (_, index) => ({
    id: `${index + 1}`,
    name: `x-k3s-m-${index + 1}`,
    peerUrls: urls,
    clientUrls: urls,
    isLearner: false,
  }));
  const etcd = {
    clusterId: '1',
    memberId: '1',
    isLearner: false,
    leader: '1',
    raftTerm: 1,
    raftIndex: sequence,
    raftAppliedIndex: sequence,
    dbSizeBytes: 1,
    version: '3.5.16',
    alarms: [],
    healthy: true,
    linearizableRead: true,
    members,
    membersAsOf: sequence,
    dbSizeInUseBytes: 1,
    revision: sequence,
  };
  const changed = { ...status, agent: { ...agent, waits }, service: { ...service, lastLog }, etcd };
  return { run: 1_000_000, sequence, basis: null, changed };
}
