import { joiningContracts } from '@picket/shared/contract/joining.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { FastifyRequest } from 'fastify';
import { plainAddress } from '../connections/client-address.ts';
import { type Caller, joinClient, joinNode } from '../identity/join-node.ts';
import { recoverIdentity } from '../identity/recover-identity.ts';
import { actionOf } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { type App, route } from './route.ts';

/** What a machine without an identity may ask for. */
export function joinRoutes(app: App, deps: ApiDeps): void {
  route(app, joiningContracts.trustBundle, async () => ({
    controlCertificates: deps.authorities.control.certificate.pem,
  }));

  route(app, joiningContracts.join, { quota: 'joins' }, async (request) =>
    joinNode(deps, request.body, callerOf(request)),
  );

  route(app, joiningContracts.joinAsClient, { quota: 'joins' }, async (request) =>
    joinClient(deps, request.body, callerOf(request)),
  );

  route(app, joiningContracts.recover, { quota: 'recoveries' }, async (request) => {
    deps.afterRestore.recovering(app.certificateShown(request));
    const certificate = await recoverIdentity(deps, app.keyShown(request), request.body.csr);
    return { certificate, now: isoTime(deps.now()) };
  });
}

function callerOf(request: FastifyRequest): Caller {
  return { from: plainAddress(request.ip), action: actionOf(request) };
}
