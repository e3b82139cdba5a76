import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { eventInWords } from '@picket/shared/events/in-words.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { formatJoinString } from '@picket/shared/protocol/join-string.ts';
import {
  CertificateView,
  EventView,
  EvictRequest,
  NodeView,
  PageQuery,
  TokenCreate,
  TokenCreated,
  TokenView,
} from '@picket/shared/protocol/operators.ts';
import type { HeldCertificate } from '@picket/shared/protocol/report.ts';
import { Identifier, strict } from '@picket/shared/protocol/words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { told } from '@picket/shared/reasons/told.ts';
import { Type } from 'typebox';
import { unfreezeIdentity } from '../identity/freeze-identity.ts';
import { createToken, type TokenOptions } from '../identity/join-tokens.ts';
import type { CertificateRecord, NodeRecord, TokenRecord } from '../inventory/inventory.ts';
import { reachable } from '../model/health.ts';
import type { ApiDeps } from './deps.ts';
import { operatorOf } from './mutual-tls.ts';
import { mapPage, pageOf, pageSchema } from './page.ts';
import type { App } from './typed.ts';

const ById = Type.Object({ id: Identifier }, strict);
const nothing = { 204: Type.Unsafe<undefined>({ type: 'null', description: 'Done; there is nothing to say.' }) };

export function tokenRoutes(app: App, deps: ApiDeps): void {
  const { inventory } = deps;

  app.post(
    '/v1/tokens',
    { config: { access: 'operator' }, schema: { body: TokenCreate, response: { 201: TokenCreated } } },
    async (request, reply) => {
      const { cluster, uses, ttlSeconds } = request.body;
      const options = { cluster, uses, ttlSeconds, ...admitted(request.body), createdBy: operatorOf(request).uri };
      const { record, secret } = await createToken(deps, options);
      const pin = deps.authorities.control.certificate.spkiHash;
      const joinString = formatJoinString({ tokenId: record.id, secret, pin });
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...tokenView(record), joinString, warnings: tokenWarnings(deps, request.body).map(told) });
    },
  );

  app.get(
    '/v1/tokens',
    { config: { access: 'viewer' }, schema: { querystring: PageQuery, response: { 200: pageSchema(TokenView) } } },
    async ({ query }) => mapPage(await inventory.tokens.list(pageOf(query), query.cluster ?? null), tokenView),
  );

  app.delete(
    '/v1/tokens/:id',
    { config: { access: 'operator' }, schema: { params: ById, response: nothing } },
    async (request, reply) => {
      const { id } = request.params;
      const by = operatorOf(request).uri;
      await inventory.transaction(async ({ tokens, events }) => {
        const token = await tokens.find(id);
        if (token === null) throw failure('not_found', { what: 'token', name: id });
        await tokens.expire(id, deps.now());
        await events.append({ at: deps.now(), cluster: token.cluster, ...happening('token-revoked', { by, id }) });
      });
      return reply.code(204).send();
    },
  );
}

function tokenWarnings({ executor, now }: ApiDeps, { cluster, member }: TokenCreate): readonly Reason[] {
  const frozen = executor.frozen(cluster);
  if (frozen !== null) return [reason('cluster_is_frozen', { cluster, why: frozen })];
  const held = member === undefined ? undefined : executor.situation(cluster).status.nodes[member];
  if (member === undefined || held === undefined || !reachable(held, now()).ok) return [];
  return [reason('member_reports', { member, nodeId: held.nodeId })];
}

export function nodeListRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/v1/nodes',
    { config: { access: 'viewer' }, schema: { querystring: PageQuery, response: { 200: pageSchema(NodeView) } } },
    async ({ query }) =>
      mapPage(await deps.inventory.nodes.list(pageOf(query), query.cluster ?? null), (node) => nodeView(deps, node)),
  );

  app.post(
    '/v1/nodes/:id/evict',
    {
      config: { access: 'admin' },
      schema: { params: ById, body: Type.Union([EvictRequest, Type.Null()]), response: nothing },
    },
    async (request, reply) => {
      const { id } = request.params;
      const node = await deps.inventory.nodes.find(id);
      if (node === null) throw failure('not_found', { what: 'node', name: id });
      const by = `operator ${operatorOf(request).name}`;
      await deps.executor.evict(node.cluster, id, { by, lost: request.body?.lost === true });
      return reply.code(204).send();
    },
  );

  app.post(
    '/v1/nodes/:id/unfreeze',
    { config: { access: 'admin' }, schema: { params: ById, response: nothing } },
    async (request, reply) => {
      await unfreezeIdentity(deps, request.params.id, `operator ${operatorOf(request).name}`);
      return reply.code(204).send();
    },
  );
}

export function certificateRoutes(app: App, { inventory }: ApiDeps): void {
  app.get(
    '/v1/certificates',
    {
      config: { access: 'viewer' },
      schema: { querystring: PageQuery, response: { 200: pageSchema(CertificateView) } },
    },
    async ({ query }) =>
      mapPage(await inventory.certificates.list(pageOf(query), query.cluster ?? null), certificateView),
  );
}

export function eventRoutes(app: App, { inventory }: ApiDeps): void {
  app.get(
    '/v1/events',
    { config: { access: 'viewer' }, schema: { querystring: PageQuery, response: { 200: pageSchema(EventView) } } },
    async ({ query }) =>
      mapPage(await inventory.events.list(pageOf(query), query.cluster ?? null), (event) => ({
        ...event,
        at: isoTime(event.at),
        message: eventInWords(event),
      })),
  );
}

/** Throws `invalid_request` for a token that is to be for both. */
function admitted({ member, client }: TokenCreate): Pick<TokenOptions, 'kind' | 'name'> {
  if (client === undefined) return { kind: 'member', name: member };
  if (member === undefined) return { kind: 'client', name: client.name };
  throw failure('invalid_request', { problem: 'body has member and client, and a token is for one of them' });
}

function tokenView(record: TokenRecord): TokenView {
  const { secretHash: _kept, kind, name, expiresAt, createdAt, ...shown } = record;
  const admits = kind === 'member' ? { member: name, client: null } : { member: null, client: { name } };
  return { ...shown, ...admits, expiresAt: isoTime(expiresAt), createdAt: isoTime(createdAt) };
}

function nodeView({ executor, publications, statuses, directory }: ApiDeps, node: NodeRecord): NodeView {
  const identity = directory.identityOf(node.id);
  const { spec } = executor.situation(node.cluster).record;
  const member = node.kind === 'member' ? node.member : null;
  return {
    id: node.id,
    cluster: node.cluster,
    member,
    client: node.kind === 'client' ? node.client : null,
    address: spec.members.find(({ name }) => name === member)?.address ?? null,
    certificatesEnd: firstEnd(statuses.latest(node.id)?.status.certificates ?? []),
    joinedAt: isoTime(node.joinedAt),
    agentVersion: statuses.latest(node.id)?.status.agent.version ?? node.facts.agentVersion,
    generation: publications.generation(node.id),
    reportedAt: isoTimeOrNull(statuses.latest(node.id)?.receivedAt ?? null),
    identityEnds: isoTimeOrNull(identity?.endsAt ?? null),
    identityFrozen: identity?.frozen?.because ?? null,
    evictedAt: isoTimeOrNull(node.evictedAt),
  };
}

/** When the first of the certificates ends that etcd and its clients use; null where none is known. */
function firstEnd(held: readonly HeldCertificate[]): string | null {
  const ends = held.filter(({ purpose }) => purpose !== 'identity').map(({ notAfter }) => notAfter);
  return ends.sort((one, other) => Date.parse(one) - Date.parse(other))[0] ?? null;
}

function certificateView(record: CertificateRecord): CertificateView {
  const { spkiHash: _spki, notBefore, notAfter, issuedAt, revokedAt, ...shown } = record;
  return {
    ...shown,
    notBefore: isoTime(notBefore),
    notAfter: isoTime(notAfter),
    issuedAt: isoTime(issuedAt),
    revokedAt: isoTimeOrNull(revokedAt),
  };
}
