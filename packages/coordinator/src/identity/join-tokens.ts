import { createHash, timingSafeEqual } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import type { Instant } from '../controller/model.ts';
import type { Inventory, TokenRecord } from '../inventory/inventory.ts';

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
  /** Only this member may be joined with it. */
  readonly member?: string | undefined;
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
 * (R11). Throws `not_found` for the cluster, and `member_not_declared`.
 */
export async function createToken(
  deps: TokenDeps,
  options: TokenOptions,
): Promise<{ readonly record: TokenRecord; readonly secret: string }> {
  const secret = deps.randomBytes(secretBytes).toString('base64url');
  const now = deps.now();
  const member = options.member ?? null;
  const record: TokenRecord = {
    id: deps.newId(),
    secretHash: hashOf(secret).toString('hex'),
    cluster: options.cluster,
    member,
    usesAllowed: options.uses ?? 1,
    usesSpent: 0,
    expiresAt: now + (options.ttlSeconds ?? defaultTtlSeconds) * 1000,
    createdAt: now,
    createdBy: options.createdBy,
  };
  await deps.inventory.transaction(async ({ clusters, tokens, events }) => {
    const cluster = await clusters.find(options.cluster);
    if (cluster === null) throw failure('not_found', { what: 'cluster', name: options.cluster });
    const declared = cluster.spec.members.map(({ name }) => name);
    if (member !== null && !declared.includes(member)) {
      throw failure('member_not_declared', { cluster: options.cluster, name: member, declared: declared.join(', ') });
    }
    await tokens.create(record);
    const bound = member === null ? '' : ` for member ${member}`;
    await events.append({
      at: now,
      cluster: options.cluster,
      kind: 'token-created',
      message: `${options.createdBy} made the join token ${record.id}${bound}, which expires at ${new Date(record.expiresAt).toISOString()}.`,
    });
  });
  return { record, secret };
}

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
