import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import type { EtcdWanted, MemberState } from '@picket/shared/protocol/desired-state.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { type ConfReader, type ReadConf, refused } from '../model/conf.ts';
import type { Paths } from '../model/model.ts';

/**
 * Checks the coordinator's conf.yml before it is written: etcd has no dry run and ignores unknown keys. A data-dir of
 * another life or a path elsewhere would break R4 and R9. If etcd may not write its log, it loses the log without a
 * message.
 */
export function readConf(document: MemberState, wanted: EtcdWanted, paths: Paths, reader: ConfReader): ReadConf {
  const config = reader(wanted.conf);
  if ('refused' in config) return config;
  const problem = foreignProblem(config.config, document, wanted, paths);
  return problem === null ? config : refused(problem);
}

function foreignProblem(config: EtcdConfig, document: MemberState, wanted: EtcdWanted, paths: Paths): Reason | null {
  const { etcDir } = paths;
  const expected = {
    name: document.member.name,
    'data-dir': `${paths.dataRoot}/${wanted.incarnation}`,
    'log-outputs': paths.logFile,
    'initial-cluster-state': wanted.initialClusterState,
    'client-transport-security': tls(`${etcDir}/server.pem`, `${etcDir}/ca.pem`),
    'peer-transport-security': tls(`${etcDir}/peer.pem`, `${etcDir}/peer-ca.pem`),
  };
  const found = {
    name: config.name,
    'data-dir': config.dataDir,
    'log-outputs': config.logFile,
    'initial-cluster-state': config.initialClusterState,
    'client-transport-security': tls(
      config.clientTls.certFile,
      config.clientTls.trustedCaFile,
      config.clientTls.keyFile,
    ),
    'peer-transport-security': tls(config.peerTls.certFile, config.peerTls.trustedCaFile, config.peerTls.keyFile),
  };
  for (const key of Object.keys(expected) as (keyof typeof expected)[]) {
    if (found[key] !== expected[key])
      return reason('conf_differs', { key, found: found[key], expected: expected[key] });
  }
  return null;
}

function tls(certFile: string, caFile: string, keyFile = certFile): string {
  return [certFile, keyFile, caFile].join(' ');
}
