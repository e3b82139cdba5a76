import type { NodeFacts } from '@picket/shared/protocol/join.ts';
import type { HostFiles, HostNetwork } from '../host/host.ts';
import type { Paths } from '../reconcile/model.ts';
import { agentVersion } from '../version.ts';

export interface NodeFactsSources {
  readonly files: Pick<HostFiles, 'read'>;
  readonly network: Pick<HostNetwork, 'addresses'>;
  readonly paths: Paths;
  readonly etcdVersion: string;
  /** As Node names it: `arm64`. */
  readonly architecture: string;
}

/** What this machine says of itself when it joins; the name is the operator's to give. */
export async function nodeFacts(sources: NodeFactsSources): Promise<Omit<NodeFacts, 'name'>> {
  const { files, network, paths, etcdVersion, architecture } = sources;
  const release = (await files.read('/etc/os-release')) ?? '';
  const os = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? 'unknown';
  return {
    addresses: network.addresses().slice(0, 256),
    agentVersion,
    etcdVersion: etcdVersion.slice(0, 64),
    os: os.slice(0, 128),
    arch: architecture.slice(0, 32),
    layout: { etcDir: paths.etcDir, dataRoot: paths.dataRoot, logFile: paths.logFile },
  };
}
