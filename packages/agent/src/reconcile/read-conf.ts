import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import type { EtcdWanted, MemberState } from '@picket/shared/protocol/desired-state.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { type ConfReader, type ReadConf, refused } from '../model/conf.ts';
import type { Paths } from '../model/model.ts';

/**
 * Checks the coordinator's conf.yml before it is written: etcd has no dry run and ignores unknown keys. A data-dir of
 * another incarnation or a path elsewhere would break R4 and R9. If etcd may not write its log, it loses the log without a
 * message.
 */
export function readConf(document: MemberState, wanted: EtcdWanted, paths: Paths, reader: ConfReader): ReadConf {
  const config = reader(wanted.conf);
  if ('refused' in config) return config;
  const problem = foreignProblem(config.config, document, wanted, paths);
  return problem === null ? config : refused(problem);
}

function foreignProblem(config: EtcdConfig, document: MemberState, wanted: EtcdWanted, paths: Paths): Reason | null {
  const { etcDir, dataRoot, logFile } = paths;
  const { name, dataDir, initialClusterState, clientTls, peerTls } = config;
  const keys = [
    ['name', name, document.member.name],
    ['data-dir', dataDir, `${dataRoot}/${wanted.incarnation}`],
    ['log-outputs', config.logFile, logFile],
    ['initial-cluster-state', initialClusterState, wanted.initialClusterState],
    ['client-transport-security', inOne(clientTls), tls(`${etcDir}/server.pem`, `${etcDir}/ca.pem`)],
    ['peer-transport-security', inOne(peerTls), tls(`${etcDir}/peer.pem`, `${etcDir}/peer-ca.pem`)],
  ] as const;
  const differing = keys.find(([, found, expected]) => found !== expected);
  if (differing === undefined) return null;
  const [key, found, expected] = differing;
  return reason('conf_differs', { key, found, expected });
}

function inOne({ certFile, trustedCaFile, keyFile }: EtcdConfig['clientTls']): string {
  return tls(certFile, trustedCaFile, keyFile);
}

function tls(certFile: string, caFile: string, keyFile = certFile): string {
  return [certFile, keyFile, caFile].join(' ');
}
