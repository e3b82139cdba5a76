import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { ClusterView } from '@picket/shared/protocol/clusters.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import { sharedAddresses, specWarnings } from '../declaration/make-spec.ts';
import type { ClusterRecord } from '../inventory/inventory.ts';
import type { ApiDeps } from './deps.ts';

/** Of `ClusterName`. */
const longestName = 63;

/** The declaration of a cluster, as the API shows it. */
export function clusterView(
  { authorities, executor }: ApiDeps,
  { id, spec, createdAt }: ClusterRecord,
): WithoutMessages<ClusterView> {
  return {
    spec,
    createdAt: isoTime(createdAt),
    clientAuthoritySpki: authorities.cluster(id).client.certificate.spkiHash,
    peerAuthoritySpki: authorities.cluster(id).peer.certificate.spkiHash,
    warnings: [...specWarnings(spec), ...sharedAddresses(spec, executor.specs())],
  };
}

/** The name of what is kept of a cluster after it is deleted. No other cluster has the same ID. */
export function filedName({ id, spec: { name } }: ClusterRecord): string {
  return `${name.slice(0, longestName - id.length - '-deleted-'.length)}-deleted-${id}`;
}

export function etagOf({ spec }: ClusterRecord): string {
  return `"${spec.revision}"`;
}

/**
 * The revision that a change was made against: it keeps two operators from overwriting each other's changes. Throws
 * `invalid_request`.
 */
export function revisionOf(ifMatch: string | undefined): number {
  const match = /^"([1-9][0-9]{0,9})"$/.exec(ifMatch ?? '');
  if (match === null) {
    const problem = 'headers/if-match must hold the revision that the change is based on, such as "3"';
    throw failure('invalid_request', { problem });
  }
  return Number(match[1]);
}
