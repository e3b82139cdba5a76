import { failure, type PicketError } from '@picket/shared/errors.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import { nameOf } from '../inventory/inventory.ts';
import { maxPageSize } from '../inventory/paging.ts';
import type { ApiDeps } from './deps.ts';

type Deps = Pick<ApiDeps, 'executor' | 'inventory' | 'notifier'>;

/** Throws `not_found` for a cluster that does not exist, in a filter: nothing of it would look as if nothing had happened. */
export function requireClusters({ executor }: Pick<Deps, 'executor'>, clusters: readonly string[]): void {
  const known = new Set(executor.clusters());
  const unknown = clusters.find((name) => !known.has(name));
  if (unknown !== undefined) throw failure('not_found', { what: 'cluster', name: unknown });
}

/** Throws `not_found` for a node, member or client that neither exists, in the cluster or in any, nor has events. */
export async function requireSubject(deps: Deps, node: string, cluster: string | null): Promise<void> {
  const known = await nodeNames(deps, cluster);
  if (known.includes(node) || (await deps.inventory.events.hasSubject(node, cluster))) return;
  throw failure('not_found', { what: 'node', name: node });
}

/** The same error; if it is `not_found`, with the known name that was probably meant. */
export async function withNearName(deps: Deps, error: PicketError): Promise<PicketError> {
  const { what, name } = error.details;
  const list = error.code === 'not_found' && Object.hasOwn(names, String(what)) ? names[what as Named] : undefined;
  if (list === undefined || what === undefined || name === undefined) return error;
  const near = didYouMean(String(name), await list(deps));
  return failure('not_found', { what, name, near }, { cause: error.cause });
}

type Named = keyof typeof names;

/** By what `not_found` calls them. */
const names = {
  cluster: async ({ executor }: Deps) => executor.specs().map(({ name }) => name),
  node: (deps: Deps) => nodeNames(deps, null),
  async operator({ inventory }: Deps) {
    return (await inventory.operators.all()).map(({ name }) => name);
  },
  channel: async ({ notifier }: Deps) => notifier.list().map(({ name }) => name),
  async token({ inventory }: Deps) {
    return (await inventory.tokens.list({ limit: maxPageSize, after: null }, null)).items.map(({ id }) => id);
  },
  async snapshot({ inventory }: Deps) {
    return (await inventory.snapshots.list({ limit: maxPageSize, after: null }, null)).items.map(({ id }) => id);
  },
};

/** The names of members and clients, and the IDs of nodes, evicted ones too. */
async function nodeNames({ executor, inventory }: Deps, cluster: string | null): Promise<readonly string[]> {
  const isMeant = (name: string) => cluster === null || name === cluster;
  const declared = executor.specs().filter(({ name }) => isMeant(name));
  const joined = (await inventory.nodes.all()).filter((node) => isMeant(node.cluster));
  return [
    ...declared.flatMap(({ members }) => members.map(({ name }) => name)),
    ...joined.flatMap((node) => [nameOf(node), node.id]),
  ];
}
