import { HoldRequest, OwnMember } from '@picket/shared/protocol/clusters.ts';
import { strict } from '@picket/shared/protocol/words.ts';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { requireNotFrozen } from '../identity/freeze-identity.ts';
import { hold } from '../operations/hold.ts';
import type { Operation } from '../operations/operation.ts';
import { release } from '../operations/release.ts';
import type { ApiDeps } from './deps.ts';
import { nodeOf } from './mutual-tls.ts';
import { memberOf, ownMember } from './own-member.ts';
import { refuseUntilReadopted, refuseWhileFrozen, refuseWhileWithheld } from './resting.ts';
import type { App } from './typed.ts';

/** A node may hold and release its own member (R8), as an operator does. Its events say that root on it did. */
export function nodeHoldRoutes(app: App, deps: ApiDeps): void {
  const { executor } = deps;
  // A request more does no harm; many would push other events out (R18).
  const config = { access: 'node', quota: 'holds' } as const;

  app.post(
    '/v1/node/hold',
    { config, schema: { body: HoldRequest, response: { 200: OwnMember } } },
    async (request) => {
      const { seconds, reason: why = null, stop = false } = request.body;
      return ordered(request, (member, by) => hold(member, { by, why, seconds, stop, place: 'board' }));
    },
  );

  app.post(
    '/v1/node/release',
    { config, schema: { body: Type.Object({}, strict), response: { 200: OwnMember } } },
    async (request) => ordered(request, (member, by) => release(member, { by })),
  );

  async function ordered(
    request: FastifyRequest,
    order: (member: string, by: string) => Operation,
  ): Promise<OwnMember> {
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
