import { nodeContracts } from '@picket/shared/contract/node.ts';
import type { FastifyRequest } from 'fastify';
import { requireNotFrozen } from '../identity/freeze-identity.ts';
import { hold } from '../operations/hold.ts';
import type { Operation } from '../operations/operation.ts';
import { release } from '../operations/release.ts';
import type { ApiDeps } from './deps.ts';
import { nodeOf } from './mutual-tls.ts';
import { memberOf, ownMember } from './own-member.ts';
import { refuseUntilReadopted, refuseWhileFrozen, refuseWhileWithheld } from './resting.ts';
import { route } from './route.ts';
import type { App } from './typed.ts';

/** A node may hold and release its own member (R8), as an operator does. Its events say that root on it did. */
export function nodeHoldRoutes(app: App, deps: ApiDeps): void {
  const { executor } = deps;
  // A request more does no harm; many would push other events out (R18).
  const more = { quota: 'holds' } as const;

  route(app, nodeContracts.hold, more, async (request) => {
    const { seconds, reason: why = null, stop = false } = request.body;
    return ordered(request, (member, by) => hold(member, { by, why, seconds, stop, place: 'board' }));
  });

  route(app, nodeContracts.release, more, async (request) => ordered(request, (member, by) => release(member, { by })));

  async function ordered(request: FastifyRequest, order: (member: string, by: string) => Operation) {
    const node = nodeOf(request);
    const { nodeId, cluster } = node;
    const member = memberOf(node);
    refuseUntilReadopted(deps, nodeId);
    requireNotFrozen(nodeId, deps.directory.identityOf(nodeId)?.frozen ?? null);
    refuseWhileFrozen(deps, cluster);
    refuseWhileWithheld(deps, cluster, nodeId);
    const { record } = await executor.run(cluster, order(member, rootOn(member)));
    return ownMember(executor.situation(record.spec.name), member, deps.now());
  }
}

/** Who holds a member by a command on its machine. */
function rootOn(member: string): string {
  return `root on ${member}`;
}
