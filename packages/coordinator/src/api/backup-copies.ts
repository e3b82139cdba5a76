import { nodeContracts } from '@picket/shared/contract/node.ts';
import { failure } from '@picket/shared/errors.ts';
import type { BackupCopy } from '@picket/shared/protocol/backup-copies.ts';
import type { BoardCopies } from '../backup/boards-target.ts';
import { requireNotFrozen } from '../identity/freeze-identity.ts';
import type { ApiDeps } from './deps.ts';
import { nodeOf } from './mutual-tls.ts';
import { refuseUntilReadopted } from './resting.ts';
import { type App, route } from './route.ts';

/** The copy that the answer to a report names. A node that may be another machine than it says gets none (R5, R15). */
export function backupCopyFor(
  deps: ApiDeps,
  nodeId: string,
  member: { readonly name: string; readonly address: string } | null,
): BackupCopy | null {
  if (member === null || deps.restoration.awaits(nodeId) || deps.directory.identityOf(nodeId)?.frozen != null)
    return null;
  return deps.backups.copies?.orderFor({ nodeId, member: member.name, address: member.address }) ?? null;
}

/** Boards fetch copies of the newest backup, each one that the coordinator has chosen (R8). They are encrypted for an operator's key. */
export function backupCopyRoutes(app: App, deps: ApiDeps): void {
  function copiesFor(nodeId: string, sha256: string): BoardCopies {
    refuseUntilReadopted(deps, nodeId);
    requireNotFrozen(nodeId, deps.directory.identityOf(nodeId)?.frozen ?? null);
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
    await copiesFor(nodeId, sha256).kept(nodeId, sha256);
    return {};
  });
}
