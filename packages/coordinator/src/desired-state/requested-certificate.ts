import { rootUser } from '@picket/shared/etcd-users/picket-user.ts';
import type { CertificateRequest, WantedCertificate } from '@picket/shared/protocol/certificates.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { NodeRole } from '../inventory/inventory.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { rootLifetime } from '../model/waits.ts';
import { certificatesOf } from './node-role.ts';

type Requested = Pick<WantedCertificate, 'purpose' | 'commonName' | 'sans'> & { readonly lifetimeMs: number };

/**
 * What a node gets for a request of this purpose (R7); null: nothing. Whether it may have the one of etcd's root now, `signRoot` decides.
 * That one is used as the agent's own certificate for etcd, and is of the same CA.
 */
export function requestedCertificate(
  { spec, progress }: { readonly spec: ClusterSpec; readonly progress: ClusterProgress },
  nodeRole: NodeRole,
  purpose: Exclude<CertificateRequest['purpose'], 'identity'>,
): Requested | null {
  if (purpose === 'root') return { purpose: 'admin', commonName: rootUser, sans: [], lifetimeMs: rootLifetime };
  const wanted = certificatesOf(spec, progress, nodeRole).find((certificate) => certificate.purpose === purpose);
  if (wanted === undefined) return null;
  const { commonName, sans } = wanted;
  return { purpose, commonName, sans, lifetimeMs: spec.leafLifetimeHours * 3_600_000 };
}
