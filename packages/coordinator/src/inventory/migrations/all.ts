import type { Migration } from 'kysely/migration';
import { initial } from './0010-initial.ts';
import { conditions } from './0011-conditions.ts';
import { audit } from './0012-audit.ts';
import { eventSubjects } from './0013-event-subjects.ts';
import { logins } from './0014-logins.ts';
import { deletedClusters } from './0015-deleted-clusters.ts';
import { channels } from './0016-channels.ts';
import { history } from './0017-history.ts';
import { channelChanges } from './0018-channel-changes.ts';
import { idempotentRequests } from './0019-idempotent-requests.ts';

/**
 * Every migration by name, in order. A released migration is never changed. Migrations with a lower number than the
 * first of these were never released.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0010-initial': initial,
  '0011-conditions': conditions,
  '0012-audit': audit,
  '0013-event-subjects': eventSubjects,
  '0014-logins': logins,
  '0015-deleted-clusters': deletedClusters,
  '0016-channels': channels,
  '0017-history': history,
  '0018-channel-changes': channelChanges,
  '0019-idempotent-requests': idempotentRequests,
};
