import { failure } from '@picket/shared/errors.ts';
import { formatJoinString } from '@picket/shared/protocol/join-string.ts';
import {
  CertificateView,
  EventView,
  NodeView,
  PageQuery,
  TokenCreate,
  TokenCreated,
  TokenView,
} from '@picket/shared/protocol/operators.ts';
import { Identifier, strict } from '@picket/shared/protocol/words.ts';
import { Type } from 'typebox';
import { unfreezeIdentity } from '../identity/freeze-identity.ts';
import { createToken } from '../identity/join-tokens.ts';
import type { CertificateRecord, NodeRecord, TokenRecord } from '../inventory/inventory.ts';
import type { ApiDeps } from './deps.ts';
import { operatorOf } from './mutual-tls.ts';
import { iso, isoOrNull, mapPage, pageOf, pageSchema } from './page.ts';
import type { App } from './typed.ts';

const ById = Type.Object({ id: Identifier }, strict);

export function tokenRoutes(app: App, deps: ApiDeps): void {
  const { inventory } = deps;

  app.post(
    '/v1/tokens',
    { config: { access: 'operator' }, schema: { body: TokenCreate, response: { 201: TokenCreated } } },
    async (request, reply) => {
      const { record, secret } = await createToken(deps, { ...request.body, createdBy: operatorOf(request).uri });
      const pin = deps.authorities.control.certificate.spkiHash;
      const joinString = formatJoinString({ tokenId: record.id, secret, pin });
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...tokenView(record), joinString });
    },
  );

  app.get(
    '/v1/tokens',
    { config: { access: 'viewer' }, schema: { querystring: PageQuery, response: { 200: pageSchema(TokenView) } } },
    async ({ query }) => mapPage(await inventory.tokens.list(pageOf(query), query.cluster ?? null), tokenView),
  );

  app.delete('/v1/tokens/:id', { config: { access: 'operator' }, schema: { params: ById } }, async (request, reply) => {
    const { id } = request.params;
    const by = operatorOf(request).uri;
    await inventory.transaction(async ({ tokens, events }) => {
      const token = await tokens.find(id);
      if (token === null) throw failure('not_found', { what: 'token', name: id });
      await tokens.expire(id, deps.now());
      const message = `${by} revoked the join token ${id}.`;
      await events.append({ at: deps.now(), cluster: token.cluster, kind: 'token-revoked', message });
    });
    return reply.code(204).send();
  });
}

export function nodeListRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/v1/nodes',
    { config: { access: 'viewer' }, schema: { querystring: PageQuery, response: { 200: pageSchema(NodeView) } } },
    async ({ query }) =>
      mapPage(await deps.inventory.nodes.list(pageOf(query), query.cluster ?? null), (node) => nodeView(deps, node)),
  );

  app.post('/v1/nodes/:id/evict', { config: { access: 'admin' }, schema: { params: ById } }, async (request, reply) => {
    const { id } = request.params;
    const node = await deps.inventory.nodes.find(id);
    if (node === null) throw failure('not_found', { what: 'node', name: id });
    await deps.executor.evict(node.cluster, id, `operator ${operatorOf(request).name}`);
    return reply.code(204).send();
  });

  app.post(
    '/v1/nodes/:id/unfreeze',
    { config: { access: 'admin' }, schema: { params: ById } },
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
        at: iso(event.at),
      })),
  );
}

function tokenView(record: TokenRecord): TokenView {
  const { secretHash: _kept, expiresAt, createdAt, ...shown } = record;
  return { ...shown, expiresAt: iso(expiresAt), createdAt: iso(createdAt) };
}

function nodeView({ executor, publications, statuses, directory }: ApiDeps, node: NodeRecord): NodeView {
  const identity = directory.identityOf(node.id);
  const { spec } = executor.situation(node.cluster).record;
  return {
    id: node.id,
    cluster: node.cluster,
    member: node.member,
    address: spec.members.find(({ name }) => name === node.member)?.address ?? '::',
    joinedAt: iso(node.joinedAt),
    agentVersion: statuses.latest(node.id)?.status.agent.version ?? node.facts.agentVersion,
    generation: publications.generation(node.id),
    reportedAt: isoOrNull(statuses.latest(node.id)?.receivedAt ?? null),
    identityEnds: isoOrNull(identity?.endsAt ?? null),
    identityFrozen: identity?.frozen?.because ?? null,
  };
}

function certificateView(record: CertificateRecord): CertificateView {
  const { spkiHash: _spki, notBefore, notAfter, issuedAt, revokedAt, ...shown } = record;
  return {
    ...shown,
    notBefore: iso(notBefore),
    notAfter: iso(notAfter),
    issuedAt: iso(issuedAt),
    revokedAt: isoOrNull(revokedAt),
  };
}
