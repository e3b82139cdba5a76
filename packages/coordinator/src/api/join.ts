import { isoTime } from '@picket/shared/iso-time.ts';
import {
  ClientJoinAnswer,
  ClientJoinRequest,
  JoinAnswer,
  JoinRequest,
  RecoverAnswer,
  RecoverRequest,
  TrustBundle,
} from '@picket/shared/protocol/join.ts';
import type { FastifyRequest } from 'fastify';
import { type Caller, joinClient, joinNode } from '../identity/join-node.ts';
import { recoverIdentity } from '../identity/recover-identity.ts';
import { actionOf, plainAddress } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import type { App } from './typed.ts';

/** More than 256 addresses and a CSR for RSA 4096 need; strangers get no more memory than that (R18). */
const strangersBodyBytes = 32 * 1024;
/** For what a stranger with a secret may ask for. */
export const joining = { config: { access: 'anyone', quota: 'joins' }, bodyLimit: strangersBodyBytes } as const;

/** What a machine without an identity may ask for. */
export function joinRoutes(app: App, deps: ApiDeps): void {
  app.get(
    '/v1/trust-bundle',
    { config: { access: 'anyone' }, schema: { response: { 200: TrustBundle } } },
    async () => ({ controlCertificates: deps.authorities.control.certificate.pem }),
  );

  app.post('/v1/join', { ...joining, schema: { body: JoinRequest, response: { 200: JoinAnswer } } }, async (request) =>
    joinNode(deps, request.body, callerOf(request)),
  );

  app.post(
    '/v1/join/client',
    { ...joining, schema: { body: ClientJoinRequest, response: { 200: ClientJoinAnswer } } },
    async (request) => joinClient(deps, request.body, callerOf(request)),
  );

  app.post(
    '/v1/recover',
    {
      config: { access: 'anyone', quota: 'recoveries' },
      bodyLimit: strangersBodyBytes,
      schema: { body: RecoverRequest, response: { 200: RecoverAnswer } },
    },
    async (request) => {
      deps.afterRestore.recovering(app.certificateShown(request));
      const certificate = await recoverIdentity(deps, app.keyShown(request), request.body.csr);
      return { certificate, now: isoTime(deps.now()) };
    },
  );
}

function callerOf(request: FastifyRequest): Caller {
  return { from: plainAddress(request.ip), action: actionOf(request) };
}
