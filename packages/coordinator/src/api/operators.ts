import { operatorContracts } from '@picket/shared/contract/operators.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { formatJoinString } from '@picket/shared/protocol/join-string.ts';
import type { LoginCreated, OperatorView } from '@picket/shared/protocol/operators.ts';
import type { FastifyReply } from 'fastify';
import { differenceOf } from '../audit/difference.ts';
import { loginFacts, operatorFacts } from '../audit/facts.ts';
import { plainAddress } from '../connections/client-address.ts';
import { logIn } from '../identity/login.ts';
import { changeRole, createOperator, type Invitation, inviteOperator, revokeOperator } from '../identity/operators.ts';
import { operatorUri } from '../identity/uris.ts';
import type { LoginRecord, OperatorRecord } from '../inventory/inventory.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { operatorOf } from './mutual-tls.ts';
import { mapPage, pageOf } from './page.ts';
import { type App, route } from './route.ts';

/** Operators, their roles, and the login strings with which they get certificates for keys of their own (R7). */
export function operatorRoutes(app: App, deps: ApiDeps): void {
  const { inventory } = deps;

  const loginOf = async (name: string) =>
    (await inventory.logins.all()).find(({ operator }) => operator === name) ?? null;

  route(app, operatorContracts.operators, async ({ query }) => {
    const page = await inventory.operators.list(pageOf(query));
    const logins = new Map((await inventory.logins.all()).map((login) => [login.operator, login]));
    return mapPage(page, (operator) => operatorView(deps, operator, logins.get(operator.name) ?? null));
  });

  route(
    app,
    operatorContracts.createOperator,
    { audit: { object: null, asks: ['name', 'role', 'ttlSeconds'] } },
    async (request, reply) => {
      const invitation = await createOperator(deps, { ...request.body, by: operatorOf(request).name });
      const { operator, login } = invitation;
      changed(request, differenceOf(null, { ...operatorFacts(operator), ...loginFacts(login) }));
      return invited(reply, invitation);
    },
  );

  route(
    app,
    operatorContracts.inviteOperator,
    { audit: { object: 'operator :name', asks: ['ttlSeconds'] } },
    async (request, reply) => {
      const { name } = request.params;
      const before = await loginOf(name);
      const invitation = await inviteOperator(deps, { name, by: operatorOf(request).name, ...request.body });
      changed(request, differenceOf(loginFacts(before), loginFacts(invitation.login)));
      return invited(reply, invitation);
    },
  );

  route(
    app,
    operatorContracts.changeOperator,
    { audit: { object: 'operator :name', asks: ['role'] } },
    async (request) => {
      const { name } = request.params;
      const before = await inventory.operators.find(name);
      const after = await changeRole(deps, name, request.body.role, operatorOf(request).name);
      changed(request, differenceOf(operatorFacts(before), operatorFacts(after)));
      return operatorView(deps, after, await loginOf(name));
    },
  );

  route(app, operatorContracts.revokeOperator, { audit: { object: 'operator :name' } }, async (request, reply) => {
    const { name } = request.params;
    const before = await inventory.operators.find(name);
    await revokeOperator(deps, name, operatorOf(request).name);
    changed(request, differenceOf(operatorFacts(before), null));
    // An admin who revokes itself still gets this answer.
    app.disconnect(operatorUri(name), request.raw.socket);
    if (operatorOf(request).name === name) reply.header('connection', 'close');
    return reply.code(204).send();
  });

  route(app, operatorContracts.logIn, { quota: 'joins' }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    return logIn(deps, request.body, plainAddress(request.ip));
  });

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
    certificateExpiresAt: isoTimeOrNull(ends.length === 0 ? null : Math.max(...ends)),
    loginExpiresAt: isOpen ? isoTime(login.expiresAt) : null,
  };
}
