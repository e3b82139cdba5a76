import { nodesContracts } from '@picket/shared/contract/nodes.ts';
import { failure } from '@picket/shared/errors.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { EvictRequest, NodeView } from '@picket/shared/protocol/nodes.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type { HeldCertificate } from '@picket/shared/protocol/report.ts';
import { differenceOf } from '../audit/difference.ts';
import { clusterFacts } from '../audit/facts.ts';
import { unfreezeIdentity } from '../identity/freeze-identity.ts';
import { etcdAccessOf, revokeIdentity } from '../identity/revoke-identity.ts';
import { nodeUri } from '../identity/uris.ts';
import type { NodeRecord } from '../inventory/inventory.ts';
import { type Eviction, evict } from '../operations/evict.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { byOperator } from './mutual-tls.ts';
import { pages } from './page.ts';
import { type App, route } from './route.ts';

/** What operators do with nodes; what a node requests about itself is in `node.ts`. */
export function nodesRoutes(app: App, deps: ApiDeps): void {
  route(app, nodesContracts.nodes, { quota: 'operatorPages' }, ({ query: { all, ...query } }) => {
    const { list, listPresent } = deps.inventory.nodes;
    return pages(deps, all === 'true' ? list : listPresent, (node) => nodeView(deps, node))({ query });
  });

  route(
    app,
    nodesContracts.evictNode,
    { audit: { object: 'node :id', asks: ['lost', 'compromised', 'dryRun'] } },
    async (request, reply) => {
      const { id } = request.params;
      const node = await deps.inventory.nodes.required(id);
      const order = evict(id, { by: byOperator(request), says: said(request.body) });
      const { dryRun = false, compromised = false } = request.body ?? {};
      const judged = await deps.executor.judge(node.cluster, order);
      // Before the turn of the cluster, which may come a little later.
      if (compromised && !dryRun) await revokeIdentity(deps, id);
      const { before, record, nodes } = dryRun ? judged : await deps.executor.run(node.cluster, order);
      const evictedAt = isoTimeOrNull(nodes.find((one) => one.id === id)?.evictedAt ?? null);
      const [was, is] = [clusterFacts(before), clusterFacts(record)];
      changed(request, differenceOf({ ...was, evictedAt: null }, { ...is, evictedAt }));
      if (!dryRun) app.disconnect(nodeUri(id));
      if (!compromised) return reply.code(204).send(undefined);
      const { obstacle } = judged.result;
      return reply.send({ etcdAccess: await etcdAccessOf(deps, id), waitsFor: obstacle });
    },
  );

  route(app, nodesContracts.unfreezeNode, { audit: { object: 'node :id' } }, async (request, reply) => {
    const { id } = request.params;
    const frozen = await unfreezeIdentity(deps, id, byOperator(request));
    changed(request, differenceOf({ frozen }, { frozen: null }));
    return reply.code(204).send();
  });
}

/** Throws `invalid_request` for both statements at once. */
function said(body: EvictRequest | null): Eviction {
  const { lost = false, compromised = false } = body ?? {};
  if (lost && compromised)
    throw failure('invalid_request', {
      problem: 'body has both lost and compromised, but an eviction takes one of them',
    });
  if (compromised) return 'compromised';
  return lost ? 'lost' : null;
}

function nodeView(
  { executor, publications, statuses, directory }: ApiDeps,
  node: NodeRecord,
): WithoutMessages<NodeView> {
  const identity = directory.identityOf(node.id);
  const latest = statuses.latest(node.id);
  const { spec } = executor.situation(node.cluster).record;
  const member = node.kind === 'member' ? node.member : null;
  return {
    id: node.id,
    cluster: node.cluster,
    member,
    client: node.kind === 'client' ? node.client : null,
    address: spec.members.find(({ name }) => name === member)?.address ?? null,
    certificatesExpireAt: firstEnd(latest?.status.certificates ?? []),
    joinedAt: isoTime(node.joinedAt),
    agentVersion: latest?.status.agent.version ?? node.facts.agentVersion,
    generation: publications.generation(node.id),
    reportedAt: isoTimeOrNull(latest?.receivedAt ?? null),
    identityExpiresAt: isoTimeOrNull(identity?.endsAt ?? null),
    identityFrozen: identity?.frozen?.because ?? null,
    evictedAt: isoTimeOrNull(node.evictedAt),
  };
}

/** When the first of the certificates that etcd and its clients use ends; null if none is known. */
function firstEnd(held: readonly HeldCertificate[]): string | null {
  const ends = held.filter(({ purpose }) => purpose !== 'identity').map(({ notAfter }) => notAfter);
  return ends.sort((one, other) => Date.parse(one) - Date.parse(other))[0] ?? null;
}
