import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { formatJoinString } from '@picket/shared/protocol/join-string.ts';
import {
  LoginAnswer,
  LoginCreate,
  LoginCreated,
  LoginRequest,
  OperatorChange,
  OperatorCreate,
  OperatorView,
} from '@picket/shared/protocol/operators.ts';
import { PageQuery } from '@picket/shared/protocol/page.ts';
import { OperatorName, strict } from '@picket/shared/protocol/words.ts';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { differenceOf } from '../audit/difference.ts';
import { loginFacts, operatorFacts } from '../audit/facts.ts';

import { logIn } from '../identity/login.ts';
import { changeRole, createOperator, type Invitation, inviteOperator, revokeOperator } from '../identity/operators.ts';
import { operatorUri } from '../identity/uris.ts';
import type { LoginRecord, OperatorRecord } from '../inventory/inventory.ts';
import { changed, plainAddress } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { joining } from './join.ts';
import { operatorOf } from './mutual-tls.ts';
import { mapPage, pageOf, pageSchema } from './page.ts';
import type { App } from './typed.ts';
import { nothing } from './words.ts';

const ByName = Type.Object({ name: OperatorName }, strict);

/** How the audit log names the operator of a route. */
function ofOperator({ name }: Readonly<Record<string, string>>): string {
  return `operator ${name}`;
}

/** Operators, their roles, and the login strings with which they get certificates for keys of their own (R7). */
export function operatorRoutes(app: App, deps: ApiDeps): void {
  const { inventory } = deps;

  app.get(
    '/v1/operators',
    {
      config: { access: 'viewer' },
      schema: { querystring: PageQuery, response: { 200: pageSchema(OperatorView) } },
    },
    async ({ query }) => {
      const page = await inventory.operators.list(pageOf(query));
      const logins = new Map((await inventory.logins.all()).map((login) => [login.operator, login]));
      return mapPage(page, (operator) => operatorView(deps, operator, logins.get(operator.name) ?? null));
    },
  );

  app.post(
    '/v1/operators',
    {
      config: { access: 'admin', audit: { object: () => null, asks: ['name', 'role', 'ttlSeconds'] } },
      schema: { body: OperatorCreate, response: { 201: LoginCreated } },
    },
    async (request, reply) => {
      const invitation = await createOperator(deps, { ...request.body, by: operatorOf(request).name });
      const { operator, login } = invitation;
      changed(request, differenceOf(null, { ...operatorFacts(operator), ...loginFacts(login) }));
      return invited(reply, invitation);
    },
  );

  app.post(
    '/v1/operators/:name/login',
    {
      config: { access: 'admin', audit: { object: ofOperator, asks: ['ttlSeconds'] } },
      schema: { params: ByName, body: Type.Union([LoginCreate, Type.Null()]), response: { 201: LoginCreated } },
    },
    async (request, reply) => {
      const { name } = request.params;
      const before = (await inventory.logins.all()).find(({ operator }) => operator === name) ?? null;
      const invitation = await inviteOperator(deps, { name, by: operatorOf(request).name, ...request.body });
      changed(request, differenceOf(loginFacts(before), loginFacts(invitation.login)));
      return invited(reply, invitation);
    },
  );

  app.patch(
    '/v1/operators/:name',
    {
      config: { access: 'admin', audit: { object: ofOperator, asks: ['role'] } },
      schema: { params: ByName, body: OperatorChange, response: { 200: OperatorView } },
    },
    async (request) => {
      const { name } = request.params;
      const before = await inventory.operators.find(name);
      const after = await changeRole(deps, name, request.body.role, operatorOf(request).name);
      changed(request, differenceOf(operatorFacts(before), operatorFacts(after)));
      const login = (await inventory.logins.all()).find(({ operator }) => operator === name) ?? null;
      return operatorView(deps, after, login);
    },
  );

  app.delete(
    '/v1/operators/:name',
    {
      config: { access: 'admin', audit: { object: ofOperator } },
      schema: { params: ByName, response: nothing },
    },
    async (request, reply) => {
      const { name } = request.params;
      const before = await inventory.operators.find(name);
      await revokeOperator(deps, name, operatorOf(request).name);
      changed(request, differenceOf(operatorFacts(before), null));
      // An admin who revokes itself still gets this answer.
      app.disconnect(operatorUri(name), request.raw.socket);
      if (operatorOf(request).name === name) reply.header('connection', 'close');
      return reply.code(204).send();
    },
  );

  app.post(
    '/v1/login',
    { ...joining, schema: { body: LoginRequest, response: { 200: LoginAnswer } } },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return logIn(deps, request.body, plainAddress(request.ip));
    },
  );

  function invited(reply: FastifyReply, { operator, login, secret }: Invitation): LoginCreated {
    const pin = deps.authorities.control.certificate.spkiHash;
    const loginString = formatJoinString({ tokenId: login.id, secret, pin });
    reply.code(201).header('cache-control', 'no-store');
    return { ...operatorView(deps, operator, login), loginString, url: deps.url };
  }
}

function operatorView({ directory, now }: ApiDeps, operator: OperatorRecord, login: LoginRecord | null): OperatorView {
  const { name, role, createdAt } = operator;
  const held = directory.operatorCertificates(now()).filter((certificate) => certificate.name === name);
  const ends = held.map(({ notAfter }) => notAfter).filter((end) => now() < end);
  const isOpen = login !== null && login.usedAt === null && login.expiresAt > now();
  return {
    name,
    role,
    createdAt: isoTime(createdAt),
    certificateEnds: isoTimeOrNull(ends.length === 0 ? null : Math.max(...ends)),
    loginExpires: isOpen ? isoTime(login.expiresAt) : null,
  };
}
