import { dirname } from 'node:path';
import type { EtcdEndpoint, EtcdGateway } from '../etcd/etcd.ts';
import { etcdctl } from '../etcd/etcdctl.ts';
import { etcdGateway } from '../etcd/gateway.ts';
import { cleanEnvironment } from '../host/run-as.ts';
import { credentialPath, fileNames } from '../model/managed-files.ts';
import type { Paths } from '../model/model.ts';
import { takenSnapshotPath } from '../snapshots/snapshot-files.ts';
import type { Surroundings } from './surroundings.ts';

/** Connects to this node's etcd, with etcdctl for the time when etcd's authentication is on. */
export function etcdConnector(
  { host, unit }: Pick<Surroundings, 'host' | 'unit'>,
  paths: Paths,
): (endpoint: EtcdEndpoint) => EtcdGateway {
  const program = etcdctl({
    // Beside etcd first: it is of the same version.
    path: `${dirname(unit.binary)}:${cleanEnvironment.PATH}`,
    trustFile: fileNames(paths).clientBundle,
    credentialFile: credentialPath(paths, 'admin'),
    snapshotFile: takenSnapshotPath(paths.stateDir),
    clock: host.clock,
  });
  return (endpoint) => etcdGateway(endpoint, { etcdctl: program });
}
