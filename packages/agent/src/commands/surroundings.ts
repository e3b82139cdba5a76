import { noInit } from '../host/no-init.ts';
import { etcdOwner } from '../host/users.ts';
import { isMemberRecord, type NodeRecord } from '../identity/node-record.ts';
import type { AgentDeps } from '../loop/agent.ts';
import { allPurposes } from '../model/managed-files.ts';
import { etcdVersionReader } from '../observe/etcd-version.ts';
import { reinstallCommand } from '../preflight/reinstall-command.ts';
import type { AgentIo } from './io.ts';
import { etcdUnit, type Setting } from './setting.ts';

/** The parts of the machine that the agent needs, by the role of the node. */
export type Surroundings = Pick<
  AgentDeps,
  'host' | 'unit' | 'etcdOwner' | 'installedEtcd' | 'etcdProblem' | 'etcdRemedy' | 'purposes'
>;

/** Throws `user_unknown` if a member's etcd user is missing, unless `findOwner` allows that. */
export function surroundingsOf(
  io: AgentIo,
  setting: Setting,
  node: NodeRecord,
  findOwner: typeof etcdOwner = etcdOwner,
): Promise<Surroundings> {
  return isMemberRecord(node) ? memberSurroundings(io, setting, findOwner) : clientSurroundings(setting);
}

async function memberSurroundings(io: AgentIo, setting: Setting, findOwner: typeof etcdOwner): Promise<Surroundings> {
  const { host, config, inspection } = setting;
  const owner = await findOwner(host.files, config.etcdUser, io.uid);
  const unit = await etcdUnit(setting, owner);
  const runner = io.uid === 0 ? owner : null;
  const etcd = etcdVersionReader(unit.binary, (binary) => inspection.etcdVersion(binary, runner));
  const etcdRemedy = (minor: string) => reinstallCommand(host.files, minor, config.etcdBinary);
  const { installed: installedEtcd, problem: etcdProblem } = etcd;
  return { host, unit, etcdOwner: owner, installedEtcd, etcdProblem, etcdRemedy, purposes: allPurposes };
}

/**
 * A client node has no etcd and needs no etcd user. Its files belong to the user that runs the agent: k3s and etcdctl
 * run as root.
 */
async function clientSurroundings(setting: Setting): Promise<Surroundings> {
  return {
    host: { ...setting.host, init: noInit },
    unit: await etcdUnit(setting, null),
    etcdOwner: null,
    installedEtcd: async () => null,
    etcdRemedy: async () => '',
    purposes: ['client'],
  };
}
