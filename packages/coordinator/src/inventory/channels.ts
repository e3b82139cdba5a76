import { failure } from '@picket/shared/errors.ts';
import type { Selectable } from 'kysely';
import type { ChannelRecord, ChannelState } from './inventory.ts';
import { allOf, changesAny } from './rows.ts';
import type { Connection, Schema } from './schema.ts';
import { isDuplicate } from './sqlite-errors.ts';

export function channelRepository(connection: Connection) {
  return {
    /** Throws `channel_exists`. */
    async create(record: ChannelRecord) {
      const { clusters, notified, changes, waiting, ...rest } = record;
      const documents = {
        clusters: clusters && JSON.stringify(clusters),
        ...documentsOf({ notified, changes, waiting }),
      };
      try {
        await connection()
          .insertInto('channels')
          .values({ ...rest, ...documents })
          .execute();
      } catch (error) {
        throw isDuplicate(error) ? failure('channel_exists', { name: record.name }, { cause: error }) : error;
      }
    },

    all: () => allOf(connection().selectFrom('channels').selectAll().orderBy('name'), toRecord),

    /** False if the name is unknown. */
    keepState(name: string, { deliveredAt, ...documents }: ChannelState) {
      const state = { deliveredAt, ...documentsOf(documents) };
      return changesAny(connection().updateTable('channels').set(state).where('name', '=', name));
    },

    /** What was not sent is from before a restore: it is decided again. */
    async forgetWaiting() {
      await connection().updateTable('channels').set({ waiting: null }).execute();
    },

    /** False if the name is unknown. */
    remove: (name: string) => changesAny(connection().deleteFrom('channels').where('name', '=', name)),
  };
}

function documentsOf({ notified, changes, waiting }: Omit<ChannelState, 'deliveredAt'>) {
  return {
    notified: JSON.stringify(notified),
    changes: JSON.stringify(changes),
    waiting: waiting && JSON.stringify(waiting),
  };
}

function toRecord({ clusters, notified, changes, waiting, ...rest }: Selectable<Schema['channels']>): ChannelRecord {
  return {
    ...rest,
    clusters: clusters === null ? null : JSON.parse(clusters),
    notified: JSON.parse(notified),
    changes: JSON.parse(changes),
    waiting: waiting === null ? null : JSON.parse(waiting),
  };
}
