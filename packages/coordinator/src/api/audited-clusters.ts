import type { FastifyRequest } from 'fastify';
import { differenceOf } from '../audit/difference.ts';
import { clusterFacts } from '../audit/facts.ts';
import type { ClusterRecord } from '../inventory/inventory.ts';
import type { Done } from '../operations/operation.ts';
import { changed } from './audited.ts';

/** How the audit log names the cluster of a route. */
export function ofCluster({ name }: Readonly<Record<string, string>>): string {
  return `cluster ${name}`;
}

/** Says for the audit log what an operation changed. @returns the cluster after it */
export function changedCluster(
  request: FastifyRequest,
  { before, record }: Pick<Done<unknown>, 'before' | 'record'>,
): ClusterRecord {
  changed(request, differenceOf(clusterFacts(before), clusterFacts(record)));
  return record;
}
