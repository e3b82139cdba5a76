import { failure } from '@picket/shared/errors.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import { plain } from '@picket/shared/plain.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Api } from './api.ts';

/** The node with this ID, evicted or not, or of the member or client with this name. Throws `not_found` and `node_not_named`. */
export async function nodeOf(api: Api, given: string): Promise<NodeView> {
  const { items } = await api.list('nodes', { all: 'true' });
  const named = items.filter(({ member, client, evictedAt }) => evictedAt === null && given === (member ?? client));
  const byId = items.find(({ id }) => id === given);
  if (byId === undefined && named.length > 1) {
    const nodes = named.map(({ id, cluster }) => `${plain(id)} (${plain(cluster)})`).join(', ');
    throw failure('node_not_named', { name: given, nodes });
  }
  const found = byId ?? named[0];
  if (found !== undefined) return found;
  const near = didYouMean(
    given,
    items.flatMap(({ id, member, client }) => [member ?? client ?? id, id]),
  );
  throw failure('not_found', { what: 'node', name: given, near });
}
