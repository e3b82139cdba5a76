import { failure } from '@picket/shared/errors.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { EvictRequest, NodeView } from '@picket/shared/protocol/nodes.ts';
import type { HeldCertificate } from '@picket/shared/protocol/report.ts';
import { told } from '@picket/shared/reasons/told.ts';
import { Type } from 'typebox';
import { unfreezeIdentity } from '../identity/freeze-identity.ts';
import type { NodeRecord } from '../inventory/inventory.ts';
import { evict } from '../operations/evict.ts';
import { changingNode, ofNode } from './audited-nodes.ts';
import type { ApiDeps } from './deps.ts';
import { operatorOf } from './mutual-tls.ts';
import { listRoute } from './page.ts';
import type { App } from './typed.ts';
import { ById, nothing } from './words.ts';

/** What operators do with nodes; what a node requests about itself is in `node.ts`. */
export function nodesRoutes(app: App, deps: ApiDeps): void {
  listRoute(app, '/v1/nodes', NodeView, deps.inventory.nodes.list, (node) => nodeView(deps, node));

  app.post(
    '/v1/nodes/:id/evict',
    {
      config: { access: 'admin', audit: { object: ofNode, asks: ['lost', 'dryRun'] } },
      schema: { params: ById, body: Type.Union([EvictRequest, Type.Null()]), response: nothing },
    },
    async (request, reply) => {
      const { id } = request.params;
      const node = await deps.inventory.nodes.find(id);
      if (node === null) throw failure('not_found', { what: 'node', name: id });
      const by = `operator ${operatorOf(request).name}`;
      const { lost = false, dryRun = false } = request.body ?? {};
      const order = dryRun ? deps.executor.judge : deps.executor.run;
      await changingNode(deps, request, id, () => order(node.cluster, evict(id, { by, lost })));
      return reply.code(204).send();
    },
  );

  app.post(
    '/v1/nodes/:id/unfreeze',
    { config: { access: 'admin', audit: { object: ofNode } }, schema: { params: ById, response: nothing } },
    async (request, reply) => {
      const { id } = request.params;
      await changingNode(deps, request, id, () => unfreezeIdentity(deps, id, `operator ${operatorOf(request).name}`));
      return reply.code(204).send();
    },
  );
}

function nodeView({ executor, publications, statuses, directory }: ApiDeps, node: NodeRecord): NodeView {
  const identity = directory.identityOf(node.id);
  const { spec } = executor.situation(node.cluster).record;
  const member = node.kind === 'member' ? node.member : null;
  return {
    id: node.id,
    cluster: node.cluster,
    member,
    client: node.kind === 'client' ? node.client : null,
    address: spec.members.find(({ name }) => name === member)?.address ?? null,
    certificatesEnd: firstEnd(statuses.latest(node.id)?.status.certificates ?? []),
    joinedAt: isoTime(node.joinedAt),
    agentVersion: statuses.latest(node.id)?.status.agent.version ?? node.facts.agentVersion,
    generation: publications.generation(node.id),
    reportedAt: isoTimeOrNull(statuses.latest(node.id)?.receivedAt ?? null),
    identityEnds: isoTimeOrNull(identity?.endsAt ?? null),
    identityFrozen: identity?.frozen ? told(identity.frozen.because) : null,
    evictedAt: isoTimeOrNull(node.evictedAt),
  };
}

/** When the first of the certificates that etcd and its clients use ends; null if none is known. */
function firstEnd(held: readonly HeldCertificate[]): string | null {
  const ends = held.filter(({ purpose }) => purpose !== 'identity').map(({ notAfter }) => notAfter);
  return ends.sort((one, other) => Date.parse(one) - Date.parse(other))[0] ?? null;
}
