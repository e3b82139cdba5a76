import type { Repositories } from '../inventory/inventory.ts';
import type { Kept } from '../operations/operation.ts';
import type { Commit } from './commit.ts';

/**
 * Writes a commit, within a transaction. The only writer of progress. Throws `ProgressConflict` and `revision_conflict`
 * if another has written since, and `cluster_exists`.
 */
export async function keepCommit(store: Repositories, commit: Commit): Promise<void> {
  const { before, record, by, at, events, also, publications } = commit;
  const { name } = before.spec;
  const isNew = also.some(({ kind }) => kind === 'cluster');
  if (isNew) await store.clusters.create(record);
  else await store.clusters.keepProgress(name, before.progressVersion, record.progress, record.conditions);
  if (record.spec.revision !== before.spec.revision)
    await store.clusters.keepSpec(name, before.spec.revision, record.spec);
  if (isNew || record.spec.revision !== before.spec.revision) await store.revisions.keep({ spec: record.spec, at, by });
  for (const event of events) await store.events.append({ at, cluster: name, ...event });
  for (const kept of also) await keepAlso(store, commit, kept);
  if (also.some(({ kind }) => kind === 'filed')) await store.clusters.file(name, record.spec, at);
  for (const publication of publications) await store.publications.publish(publication);
}

async function keepAlso(store: Repositories, { before, at }: Commit, kept: Kept): Promise<void> {
  switch (kept.kind) {
    case 'cluster':
    case 'nodes-changed':
    case 'filed':
      return;
    case 'snapshot':
      return store.snapshots.create(kept.record);
    case 'tokens-end':
      return store.tokens.expireThoseFor(before.spec.name, at);
    case 'eviction':
      if (kept.endsTokens === true) await store.tokens.expireThoseOf(kept.nodeId, at);
      await store.nodes.evict(kept.nodeId, at);
      return;
    case 'node':
      if (kept.is === 'new') await store.nodes.create(kept.node);
      else await store.nodes.keepFacts(kept.node.id, kept.node.facts);
      return;
    case 'rests-no-more': {
      const restoration = await store.restorations.find();
      if (restoration === null) return;
      const frozen = restoration.frozen.filter((name) => name !== before.spec.name);
      await store.restorations.keep({ ...restoration, frozen });
    }
  }
}
