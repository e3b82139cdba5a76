import { failure } from '@picket/shared/errors.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { Readopt, ReadoptionView, type ShownKey } from '@picket/shared/protocol/readoption.ts';
import { Identifier, strict } from '@picket/shared/protocol/words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { told } from '@picket/shared/reasons/told.ts';
import { Type } from 'typebox';
import type { ClusterSituation } from '../executor/executor.ts';
import { readoptNode } from '../identity/readopt-node.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import type { ApiDeps } from './deps.ts';
import { operatorOf } from './mutual-tls.ts';
import type { App } from './typed.ts';

const ById = Type.Object({ id: Identifier }, strict);

/** Nodes of a coordinator that was restored from a backup. */
export function readoptionRoutes(app: App, deps: ApiDeps): void {
  const { inventory } = deps;

  async function viewOf(id: string): Promise<ReadoptionView> {
    const node = await inventory.nodes.find(id);
    if (node === null) throw failure('not_found', { what: 'node', name: id });
    return view(deps, node);
  }

  app.get(
    '/v1/nodes/:id/readoption',
    { config: { access: 'viewer' }, schema: { params: ById, response: { 200: ReadoptionView } } },
    async (request) => viewOf(request.params.id),
  );

  app.post(
    '/v1/nodes/:id/readoption',
    { config: { access: 'admin' }, schema: { params: ById, body: Readopt, response: { 200: ReadoptionView } } },
    async (request) => {
      const { id } = request.params;
      await readoptNode(deps, id, request.body.key, `operator ${operatorOf(request).name}`);
      return viewOf(id);
    },
  );
}

/** Who is still to be taken up again, and whether it shows itself. */
export function readoptionNotices(
  { restoration, shownKeys, directory }: Pick<ApiDeps, 'restoration' | 'shownKeys' | 'directory'>,
  { record, nodes }: Pick<ClusterSituation, 'record' | 'nodes'>,
): readonly Reason[] {
  const declared = new Set(record.spec.members.map(({ name }) => name));
  const newer = shownKeys.nodes().flatMap((nodeId) => {
    const name = shownKeys.of(nodeId)[0]?.certificate.commonName;
    if (name === undefined || !declared.has(name) || directory.isKnown(nodeId)) return [];
    return [reason('newer_node_shows_itself', { cluster: record.spec.name, name, nodeId })];
  });
  const awaited = nodes
    .filter(({ id, evictedAt }) => evictedAt === null && restoration.awaits(id))
    .sort((one, other) => nameOf(one).localeCompare(nameOf(other)))
    .map((node) => {
      const shown = shownKeys.of(node.id);
      const isKnown = shown.every(({ certificate }) => certificate.spkiHash === node.spkiHash);
      return reason('node_to_readopt', { name: nameOf(node), nodeId: node.id, keys: shown.length, isKnown });
    });
  return [...awaited, ...newer];
}

function view({ restoration, shownKeys, directory, statuses, executor, publications }: ApiDeps, node: NodeRecord) {
  const { record, waits } = executor.situation(node.cluster);
  const life = node.kind === 'member' ? record.progress.members[node.member] : undefined;
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
        until: notAfter.toISOString(),
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
      incarnation: life?.incarnation ?? null,
      clusterId: life === undefined ? null : (record.progress.formation?.clusterId ?? null),
      memberId: life?.memberId ?? null,
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
    waitsFor: waits.map(told),
  };
}
