import { happening } from '@picket/shared/events/event.ts';
import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import type { FastifyBaseLogger } from 'fastify';
import type { ApiDeps } from './deps.ts';

/** Who added or removed a release. */
export interface ReleaseChange {
  readonly by: string;
  readonly done: 'added' | 'removed';
}

/** Tells operators and nodes. The release is stored or removed by now: neither the event nor a cluster that cannot be updated takes that back. */
export async function announceRelease(
  { executor, inventory, now }: Pick<ApiDeps, 'executor' | 'inventory' | 'now'>,
  { by, done }: ReleaseChange,
  { sha256, architecture, version, programs }: ReleaseView,
  log: FastifyBaseLogger,
): Promise<void> {
  const names = programs.map(({ name }) => name);
  const event = happening('release', { by, done, version, architecture, sha256, programs: names });
  await inventory.events.append({ at: now(), cluster: null, ...event });
  for (const { cluster, error } of await executor.releasesChanged()) {
    log.warn(
      { cluster, err: error },
      'the release could not be published to the nodes of a cluster: its next step publishes it',
    );
  }
}
