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
    const { items } = await api.list('nodes', { cluster, limit: most });
    return items.flatMap(({ id, member, client }) => eitherOf(id, member ?? client ?? id));
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
    return (await api.releases()).items.flatMap(({ sha256, name }) => eitherOf(sha256, name));
  },
};

/** Something that its ID and its name both stand for. */
function eitherOf(id: string, name: string): readonly Candidate[] {
  return [
    { word: name, about: id },
    { word: id, about: name },
  ];
}
