import { dirname } from 'node:path';
import { askClusterVersion } from '../etcd/cluster-version.ts';
import type { EtcdEndpoint, EtcdGateway } from '../etcd/etcd.ts';
import { etcdctl } from '../etcd/etcdctl.ts';
import { etcdGateway } from '../etcd/gateway.ts';
import { noInit } from '../host/no-init.ts';
import { cleanEnvironment } from '../host/run-as.ts';
import { etcdOwner } from '../host/users.ts';
import { isMemberRecord, type NodeRecord } from '../identity/node-record.ts';
import type { AgentDeps } from '../loop/agent.ts';
import { allPurposes, credentialPath, fileNames } from '../model/managed-files.ts';
import type { Paths } from '../model/model.ts';
import { etcdVersionReaders } from '../observe/etcd-version.ts';
import { type ProgramCheck, programCheck } from '../programs/program-check.ts';
import { takenSnapshotPath } from '../snapshots/snapshot-files.ts';
import type { AgentIo } from './io.ts';
import { etcdRemedy, etcdUnit, type Setting } from './setting.ts';

/** The parts of the machine that the agent needs, by the role of the node. */
type Parts = Pick<
  AgentDeps,
  'host' | 'unit' | 'etcdOwner' | 'installedEtcd' | 'etcdProblem' | 'etcdRemedy' | 'purposes'
>;

interface MemberParts extends Parts {
  readonly programCheck: ProgramCheck;
}

export type Surroundings = MemberParts & Pick<AgentDeps, 'paths' | 'connectEtcd' | 'askClusterVersion' | 'buildTime'>;

/** Throws `user_unknown` if a member's etcd user is missing, unless `findOwner` allows that. */
export async function surroundingsOf(
  io: AgentIo,
  setting: Setting,
  node: NodeRecord,
  findOwner: typeof etcdOwner = etcdOwner,
): Promise<Surroundings> {
  const { paths } = setting;
  const parts = await (isMemberRecord(node) ? partsOfMember(io, setting, findOwner) : partsOfClient(setting));
  return { ...parts, paths, connectEtcd: etcdConnector(parts, paths), askClusterVersion, buildTime: io.buildTime };
}

async function partsOfMember(io: AgentIo, setting: Setting, findOwner: typeof etcdOwner): Promise<MemberParts> {
  const { host, config, inspection } = setting;
  const owner = await findOwner(host.files, config.etcdUser, io.uid);
  const unit = await etcdUnit(setting, owner);
  const runner = io.uid === 0 ? owner : null;
  const askVersion = (binary: string) => inspection.etcdVersion(binary, runner);
  const { installed: installedEtcd, problem: etcdProblem } = etcdVersionReaders(askVersion);
  return {
    host,
    unit,
    etcdOwner: owner,
    installedEtcd,
    etcdProblem,
    programCheck: programCheck({ stateDir: setting.paths.stateDir, owner, clock: host.clock, askVersion }),
    etcdRemedy: (minor) => etcdRemedy(setting, minor),
    purposes: allPurposes,
  };
}

/**
 * A client node has no etcd and needs no etcd user. Its files belong to the user that runs the agent: k3s and etcdctl
 * run as root.
 */
async function partsOfClient(setting: Setting): Promise<MemberParts> {
  return {
    host: { ...setting.host, init: noInit },
    unit: await etcdUnit(setting, null),
    etcdOwner: null,
    installedEtcd: async () => null,
    programCheck: programCheck({
      stateDir: setting.paths.stateDir,
      owner: null,
      clock: setting.host.clock,
      askVersion: async () => '',
    }),
    etcdRemedy: async () => '',
    purposes: ['client'],
  };
}

/** Connects to this node's etcd, with etcdctl for the time when etcd's authentication is on. */
function etcdConnector(
  { host, unit }: Pick<AgentDeps, 'host' | 'unit'>,
  paths: Paths,
): (endpoint: EtcdEndpoint) => EtcdGateway {
  const program = etcdctl({
    // Beside the package's etcd first: it is of the same version. That of a release would run as root (ADR 60).
    path: `${dirname(unit.binary)}:${cleanEnvironment.PATH}`,
    trustFile: fileNames(paths).clientBundle,
    credentialFile: credentialPath(paths, 'admin'),
    snapshotFile: takenSnapshotPath(paths.stateDir),
    clock: host.clock,
  });
  return (endpoint) => etcdGateway(endpoint, { etcdctl: program });
}
