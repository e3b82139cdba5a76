import { failure } from '@picket/shared/errors.ts';
import { InstallerView } from '@picket/shared/protocol/installer.ts';
import type { ApiDeps } from './deps.ts';
import { inPieces } from './in-pieces.ts';
import type { App } from './typed.ts';

/** What a machine fetches to become a node, and the facts for an operator's install line. None of it is secret. */
export function installerRoutes(app: App, { installer }: ApiDeps): void {
  function present(): NonNullable<ApiDeps['installer']> {
    if (installer === null) throw failure('installer_missing', {});
    return installer;
  }

  app.get('/install.sh', { config: { access: 'anyone' }, schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type('text/x-shellscript; charset=utf-8')
      .send(inPieces(reply, present().script)),
  );

  app.get('/install/picket-agent.cjs', { config: { access: 'anyone' }, schema: { hide: true } }, async (_, reply) =>
    reply.header('cache-control', 'no-store').type('application/octet-stream').send(inPieces(reply, present().agent)),
  );

  app.get('/v1/installer', { config: { access: 'viewer' }, schema: { response: { 200: InstallerView } } }, async () => {
    const { url, sha256, agentVersion } = present();
    return { url, sha256, agentVersion };
  });
}
