import { createHash, timingSafeEqual } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { declaredMember, requireClientName } from '../desired-state/node-role.ts';
import type { Inventory, NodeKind, TokenRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';

export interface TokenDeps {
  readonly inventory: Inventory;
  readonly now: () => Instant;
  /** A value of the protocol's `Identifier`. */
  readonly newId: () => string;
  /** As that of node:crypto. */
  readonly randomBytes: (size: number) => Buffer;
}

export interface TokenOptions {
  readonly cluster: string;
  /** What it makes of a machine: a member unless given. */
  readonly kind?: NodeKind | undefined;
  /** Only the member or client of this name may be joined with it. */
  readonly name?: string | undefined;
  /** One unless given. */
  readonly uses?: number | undefined;
  /** An hour unless given. */
  readonly ttlSeconds?: number | undefined;
  /** The URI of the operator. */
  readonly createdBy: string;
}

const secretBytes = 24;
const defaultTtlSeconds = 3600;

/**
 * Makes a join token. Its secret, 192 random bits as base64url, is in the answer and nowhere else: the store has a hash
 * (R11). Throws `not_found` for the cluster, `member_not_declared`, and `client_named_as_member`.
 */
export async function createToken(
  deps: TokenDeps,
  options: TokenOptions,
): Promise<{ readonly record: TokenRecord; readonly secret: string }> {
  const secret = deps.randomBytes(secretBytes).toString('base64url');
  const now = deps.now();
  const { kind = 'member', name = null } = options;
  const record: TokenRecord = {
    id: deps.newId(),
    secretHash: hashOf(secret).toString('hex'),
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

/** Whether the one name that a token admits can ever be joined as. */
const requireFitting: Readonly<Record<NodeKind, (spec: ClusterSpec, name: string) => unknown>> = {
  member: declaredMember,
  client: requireClientName,
};

/**
 * Whether this is the secret of the token; for a token that is not there the same work is done for nothing, and the
 * answer is no. Compared in constant time.
 */
export function secretMatches(token: TokenRecord | null, secret: string): boolean {
  const expected = Buffer.from(token?.secretHash ?? unknownHash, 'hex');
  const equal = timingSafeEqual(hashOf(secret), expected);
  return token !== null && equal;
}

// No secret is known to have this hash, and if one did, the token would still not be there.
const unknownHash = '00'.repeat(32);

// A plain hash is enough: slow ones make guessing words slow, and there is no guessing 192 random bits.
function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
