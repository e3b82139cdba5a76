import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { declaredMember, requireClientName } from '../desired-state/node-role.ts';
import type { NodeKind, TokenRecord } from '../inventory/inventory.ts';
import type { IdentityDeps } from './deps.ts';
import { newSecret, secretHashOf } from './secrets.ts';

export interface TokenOptions {
  readonly cluster: string;
  /** The role that it gives a machine: member by default. */
  readonly kind?: NodeKind | undefined;
  /** Only the member or client of this name may join with it. */
  readonly name?: string | undefined;
  /** One by default. */
  readonly uses?: number | undefined;
  /** An hour by default. */
  readonly ttlSeconds?: number | undefined;
  /** The URI of the operator. */
  readonly createdBy: string;
}

const defaultTtlSeconds = 3600;

/**
 * Makes a join token. Its secret, 192 random bits as base64url, is only in the answer: the store has a hash (R11).
 * Throws `not_found` and `cluster_deleted` for the cluster, `member_not_declared`, and `client_named_as_member`.
 */
export async function createToken(
  deps: Pick<IdentityDeps, 'inventory' | 'now' | 'newId' | 'randomBytes'>,
  options: TokenOptions,
): Promise<{ readonly record: TokenRecord; readonly secret: string }> {
  const secret = newSecret(deps);
  const now = deps.now();
  const { kind = 'member', name = null } = options;
  const record: TokenRecord = {
    id: deps.newId(),
    secretHash: secretHashOf(secret),
    cluster: options.cluster,
    kind,
    name,
    usesAllowed: options.uses ?? 1,
    usesSpent: 0,
    expiresAt: now + (options.ttlSeconds ?? defaultTtlSeconds) * 1000,
    createdAt: now,
    createdBy: options.createdBy,
  };
  await deps.inventory.transaction(async ({ clusters, tokens, events }) => {
    const cluster = await clusters.find(options.cluster);
    if (cluster === null) throw failure('not_found', { what: 'cluster', name: options.cluster });
    if (cluster.progress.deletion !== null) throw failure('cluster_deleted', { cluster: options.cluster });
    if (name !== null) requireFitting[kind](cluster.spec, name);
    await tokens.create(record);
    await events.append({
      at: now,
      cluster: options.cluster,
      ...happening('token-created', {
        by: options.createdBy,
        id: record.id,
        kind,
        name,
        expiresAt: isoTime(record.expiresAt),
      }),
    });
  });
  return { record, secret };
}

/** Whether any machine can ever join under the one name that a token admits. */
const requireFitting: Readonly<Record<NodeKind, (spec: ClusterSpec, name: string) => unknown>> = {
  member: declaredMember,
  client: requireClientName,
};
