import type { Api } from '../api.ts';
import type { NameKind } from '../reads.ts';
import type { Candidate } from './expected.ts';

/** More names help nobody who completes a word. */
const most = 500;

/** The names of these kinds that the coordinator knows. `cluster`: only those of this cluster; undefined: of all. */
export async function liveNames(
  api: Api,
  kinds: readonly NameKind[],
  cluster: string | undefined,
): Promise<readonly Candidate[]> {
  const found = await Promise.all(kinds.map((kind) => namesOf[kind](api, cluster)));
  return found.flat();
}

const namesOf: Readonly<Record<NameKind, (api: Api, cluster: string | undefined) => Promise<readonly Candidate[]>>> = {
  async cluster(api) {
    const { items } = await api.list('clusters', { limit: most });
    return items.map(({ spec }) => ({ word: spec.name, about: `${spec.members.length} members` }));
  },
  async member(api, cluster) {
    const clusters =
      cluster === undefined
        ? (await api.list('clusters', { limit: most })).items
        : [await api.cluster({ name: cluster })];
    return clusters.flatMap(({ spec }) => spec.members.map(({ name, address }) => ({ word: name, about: address })));
  },
  async node(api, cluster) {
    const nodes = await nodesOf(api, cluster);
    return [...nodes.map(({ id, name }) => ({ word: name, about: id })), ...nodes.map(byId)];
  },
  async 'node-id'(api, cluster) {
    return (await nodesOf(api, cluster)).map(byId);
  },
  async snapshot(api, cluster) {
    const { items } = await api.list('snapshots', { cluster, limit: most });
    return items.map((one) => ({ word: one.id, about: `${one.cluster}, ${one.takenAt}` }));
  },
  async operator(api) {
    const { items } = await api.list('operators', { limit: most });
    return items.map(({ name, role }) => ({ word: name, about: role }));
  },
  async channel(api) {
    return (await api.channels()).items.map(({ name }) => ({ word: name, about: '' }));
  },
  async token(api, cluster) {
    const { items } = await api.list('tokens', { cluster, limit: most });
    return items
      .filter(({ isVoid }) => !isVoid)
      .map((one) => ({ word: one.id, about: [one.cluster, one.member ?? ''].join(' ').trim() }));
  },
  async revision(api, cluster) {
    if (cluster === undefined) return [];
    const { items } = await api.list('revisions', {}, { name: cluster });
    return items.map(({ revision, at }) => ({ word: String(revision), about: at }));
  },
  async release(api) {
    return (await api.releases()).items.map(({ sha256, name }) => ({ word: sha256, about: name }));
  },
};

async function nodesOf(api: Api, cluster: string | undefined) {
  const { items } = await api.list('nodes', { cluster, limit: most });
  return items
    .filter(({ evictedAt }) => evictedAt === null)
    .map(({ id, member, client }) => ({ id, name: member ?? client ?? id }));
}

function byId({ id, name }: { readonly id: string; readonly name: string }): Candidate {
  return { word: id, about: name };
}
