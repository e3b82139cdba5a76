import { nodeContracts } from '@picket/shared/contract/node.ts';
import { failure } from '@picket/shared/errors.ts';
import type { BoardCopies } from '../backup/boards-target.ts';
import type { ApiDeps } from './deps.ts';
import { nodeOf } from './mutual-tls.ts';
import { refuseUntilReadopted } from './resting.ts';
import { type App, route } from './route.ts';

/** Boards fetch copies of the newest backup, each one that the coordinator has chosen (R8). They are encrypted for an operator's key. */
export function backupCopyRoutes(app: App, deps: ApiDeps): void {
  function copiesFor(nodeId: string, sha256: string): BoardCopies {
    refuseUntilReadopted(deps, nodeId);
    const { copies } = deps.backups;
    if (copies === null) throw failure('backup_copy_not_wanted', { sha256 });
    return copies;
  }

  route(app, nodeContracts.readBackup, async (request, reply) => {
    const { nodeId } = nodeOf(request);
    const { sha256 } = request.params;
    const part = await copiesFor(nodeId, sha256).read(nodeId, sha256, Number(request.query.offset));
    return reply.header('cache-control', 'no-store').type('application/octet-stream').send(part);
  });

  route(app, nodeContracts.backupKept, async (request) => {
    const { nodeId } = nodeOf(request);
    const { sha256 } = request.params;
    copiesFor(nodeId, sha256).kept(nodeId, sha256);
    return {};
  });
}
