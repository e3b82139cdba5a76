import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { failure } from '@picket/shared/errors.ts';
import { inPieces } from './bounded-answers.ts';
import type { ApiDeps } from './deps.ts';
import { type App, route } from './route.ts';

/** What a machine fetches to become a node, and the facts for an operator's install line. None of it is secret. */
export function installerRoutes(app: App, { installer }: ApiDeps): void {
  function present(): NonNullable<ApiDeps['installer']> {
    if (installer === null) throw failure('installer_missing', {});
    return installer;
  }

  route(app, coordinatorContracts.installScript, async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type('text/x-shellscript; charset=utf-8')
      .send(inPieces(reply, present().script)),
  );

  route(app, coordinatorContracts.agentProgram, async (_, reply) =>
    reply.header('cache-control', 'no-store').type('application/octet-stream').send(inPieces(reply, present().agent)),
  );

  route(app, coordinatorContracts.installer, async () => {
    const { url, sha256, agentVersion } = present();
    return { url, sha256, agentVersion };
  });
}
