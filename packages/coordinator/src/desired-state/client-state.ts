import { clientName } from '@picket/shared/etcd-config/certificate-names.ts';
import type { WantedCertificate } from '@picket/shared/protocol/certificates.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ClientState } from '@picket/shared/protocol/desired-state.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { voterUrls } from '../model/urls.ts';
import { renewAfterSeconds, type TrustBundles, type Unnumbered } from './node-state.ts';

/** Everything that a client node should have. Pure: the same spec and progress, the same state to the byte. */
export function clientState(
  spec: ClusterSpec,
  progress: ClusterProgress,
  node: { readonly nodeId: string; readonly client: string },
  { control, client }: Pick<TrustBundles, 'control' | 'client'>,
): Unnumbered<ClientState> {
  return {
    nodeId: node.nodeId,
    cluster: spec.name,
    client: { name: node.client },
    trust: { control, client },
    certificates: clientCertificates(spec, node.client),
    endpoints: voterUrls(spec, progress),
  };
}

/** Its name is from the store, all else from the spec (R7). A CSR is answered with the same. */
export function clientCertificates(spec: ClusterSpec, name: string): WantedCertificate[] {
  return [
    {
      purpose: 'client',
      commonName: clientName(name),
      sans: [],
      keyType: spec.keyType,
      renewAfterSeconds: renewAfterSeconds(spec),
    },
  ];
}
