import type { ClientFacts, NodeFacts } from '@picket/shared/protocol/join.ts';
import type { HostFiles, HostNetwork } from '../host/host.ts';
import type { Paths } from '../model/model.ts';
import { agentVersion } from '../program/version.ts';

interface MachineFactsSources {
  readonly files: Pick<HostFiles, 'read'>;
  readonly network: Pick<HostNetwork, 'addresses'>;
  /** In Node's spelling: `arm64`. */
  readonly architecture: string;
}

interface NodeFactsSources extends MachineFactsSources {
  readonly paths: Paths;
  readonly etcdVersion: string | null;
}

/** What this machine says about itself when it joins as a member. The operator gives the name. */
export async function nodeFacts(sources: NodeFactsSources): Promise<Omit<NodeFacts, 'name'>> {
  const { paths, etcdVersion } = sources;
  return {
    ...(await clientFacts(sources)),
    etcdVersion: etcdVersion?.slice(0, 64) ?? null,
    layout: { etcDir: paths.etcDir, dataRoot: paths.dataRoot, logFile: paths.logFile },
  };
}

/** The same for a machine that joins as a client node. */
export async function clientFacts(sources: MachineFactsSources): Promise<Omit<ClientFacts, 'name'>> {
  const { files, network, architecture } = sources;
  const release = (await files.read('/etc/os-release')) ?? '';
  const os = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? 'unknown';
  return {
    addresses: network.addresses().slice(0, 256),
    agentVersion,
    os: os.slice(0, 128),
    arch: architecture.slice(0, 32),
  };
}
