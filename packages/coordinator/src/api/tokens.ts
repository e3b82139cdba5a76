import { tokenContracts } from '@picket/shared/contract/tokens.ts';
import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { formatJoinString } from '@picket/shared/protocol/join-string.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import type { TokenCreate, TokenView } from '@picket/shared/protocol/tokens.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { differenceOf } from '../audit/difference.ts';
import { tokenFacts } from '../audit/facts.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import { createToken, type TokenOptions } from '../identity/join-tokens.ts';
import { presentMembers, type TokenRecord } from '../inventory/inventory.ts';
import { reachable } from '../model/health.ts';
import type { Instant } from '../model/instant.ts';
import { releaseOfNewcomer } from '../model/release-of-newcomer.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { operatorOf } from './mutual-tls.ts';
import { pages } from './page.ts';
import { type App, route } from './route.ts';

export function tokenRoutes(app: App, deps: ApiDeps): void {
  const { inventory } = deps;
  const viewOf = (record: TokenRecord) => tokenView(record, deps.restoration.current?.restoredAt ?? null);

  route(
    app,
    tokenContracts.createToken,
    { audit: { object: null, asks: ['cluster', 'member', 'client', 'uses', 'ttlSeconds'] } },
    async (request, reply) => {
      const { cluster, uses, ttlSeconds } = request.body;
      const options = { cluster, uses, ttlSeconds, ...admitted(request.body), createdBy: operatorOf(request).uri };
      const { record, secret } = await createToken(deps, options);
      changed(request, differenceOf(null, tokenFacts(record)));
      const pin = deps.authorities.control.certificate.spkiHash;
      const joinString = formatJoinString({ tokenId: record.id, secret, pin });
      const { spec, progress } = deps.executor.situation(cluster).record;
      const release = record.kind === 'client' ? null : releaseOfNewcomer(spec, progress);
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({
          ...viewOf(record),
          joinString,
          ...(release === null ? {} : { release }),
          warnings: tokenWarnings(deps, request.body, operatorOf(request).role),
        });
    },
  );

  route(app, tokenContracts.tokens, { quota: 'operatorPages' }, pages(deps, inventory.tokens.list, viewOf));

  route(app, tokenContracts.revokeToken, { audit: { object: 'join token :id' } }, async (request, reply) => {
    const { id } = request.params;
    const by = operatorOf(request).uri;
    const change = await inventory.transaction(async ({ tokens, events }) => {
      const token = await tokens.find(id);
      if (token === null) throw failure('not_found', { what: 'token', name: id });
      await tokens.expire(id, deps.now());
      await events.append({ at: deps.now(), cluster: token.cluster, ...happening('token-revoked', { by, id }) });
      const revoked = (await tokens.find(id)) ?? token;
      return differenceOf(tokenFacts(token), tokenFacts(revoked));
    });
    changed(request, change);
    return reply.code(204).send();
  });
}

function tokenWarnings(
  { executor, now }: ApiDeps,
  { cluster, member, client }: TokenCreate,
  role: Role,
): readonly Reason[] {
  const frozen = executor.frozen(cluster);
  if (frozen !== null) return [reason('joins_wait_while_frozen', { cluster, why: frozen })];
  if (member === undefined && client === undefined && isFull(executor.situation(cluster)))
    return [reason('every_member_joined', { cluster })];
  const held = member === undefined ? undefined : executor.situation(cluster).status.nodes[member];
  if (member === undefined || held === undefined) return [];
  if (role !== 'admin') return [reason('token_for_same_machine', { cluster, member, nodeId: held.nodeId })];
  if (!reachable(held, now()).ok) return [];
  return [reason('member_reports', { member, nodeId: held.nodeId })];
}

/** True if every declared member has a node. */
function isFull({ record, nodes }: ClusterSituation): boolean {
  const taken = presentMembers(nodes).map(({ member }) => member);
  return record.spec.members.every(({ name }) => taken.includes(name));
}

/** Throws `invalid_request` for a token that names both. */
function admitted({ member, client }: TokenCreate): Pick<TokenOptions, 'kind' | 'name'> {
  if (client === undefined) return { kind: 'member', name: member };
  if (member === undefined) return { kind: 'client', name: client.name };
  throw failure('invalid_request', { problem: 'body has both member and client, but a token is for one of them' });
}

function tokenView(record: TokenRecord, restoredAt: Instant | null): TokenView {
  const { secretHash: _kept, kind, name, expiresAt, createdAt, ...shown } = record;
  const admits = kind === 'member' ? { member: name, client: null } : { member: null, client: { name } };
  const isVoid = restoredAt !== null && createdAt <= restoredAt && shown.usesSpent >= shown.usesAllowed;
  return { ...shown, ...admits, expiresAt: isoTime(expiresAt), createdAt: isoTime(createdAt), isVoid };
}
