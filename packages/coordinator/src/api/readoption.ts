import { nodesContracts } from '@picket/shared/contract/nodes.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { ShownKey } from '@picket/shared/protocol/readoption.ts';
import { differenceOf } from '../audit/difference.ts';
import { readoptNode } from '../identity/readopt-node.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { byOperator } from './mutual-tls.ts';
import { type App, route } from './route.ts';

/** Nodes of a coordinator that was restored from a backup. */
export function readoptionRoutes(app: App, deps: ApiDeps): void {
  const { inventory } = deps;

  const viewOf = async (id: string) => view(deps, await inventory.nodes.required(id));

  route(app, nodesContracts.readoption, async (request) => viewOf(request.params.id));

  route(app, nodesContracts.readoptNode, { audit: { object: 'node :id', asks: ['key'] } }, async (request) => {
    const { id } = request.params;
    const by = byOperator(request);
    const { before, after } = await readoptNode(deps, id, request.body.key, by);
    changed(request, differenceOf(before, after));
    return viewOf(id);
  });
}

function view({ restoration, shownKeys, directory, statuses, executor, publications }: ApiDeps, node: NodeRecord) {
  const { record, waits } = executor.situation(node.cluster);
  const present = node.kind === 'member' ? record.progress.members[node.member] : undefined;
  const latest = statuses.latest(node.id)?.status ?? null;
  const keys = shownKeys.of(node.id).flatMap(({ certificate, lastAt }): ShownKey[] => {
    const standing = directory.standingOf(node.id, certificate.spkiHash)?.kind;
    if (standing === undefined || standing === 'superseded') return [];
    const { spkiHash: key, notBefore, notAfter } = certificate;
    return [
      {
        key,
        standing,
        certifiedAt: notBefore.toISOString(),
        notAfter: notAfter.toISOString(),
        lastShownAt: isoTime(lastAt),
      },
    ];
  });
  return {
    nodeId: node.id,
    cluster: node.cluster,
    name: nameOf(node),
    awaited: restoration.awaits(node.id),
    backupAt: isoTimeOrNull(restoration.current?.backupAt ?? null),
    keys,
    stored: {
      generation: publications.generation(node.id),
      incarnation: present?.incarnation ?? null,
      clusterId: present === undefined ? null : (record.progress.formation?.clusterId ?? null),
      memberId: present?.memberId ?? null,
    },
    reported:
      latest === null
        ? null
        : {
            generation: latest.agent.generationSeen,
            incarnation: latest.service.incarnation,
            clusterId: latest.etcd?.clusterId ?? null,
            memberId: latest.etcd?.memberId ?? null,
          },
    waitsFor: waits,
  };
}
