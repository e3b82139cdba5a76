import { failure } from '@picket/shared/errors.ts';
import type { Selectable } from 'kysely';
import type { ChannelRecord, ChannelState } from './inventory.ts';
import type { Connection, Schema } from './schema.ts';
import { isDuplicate } from './sqlite-errors.ts';

export function channelRepository(connection: Connection) {
  return {
    /** Throws `channel_exists`. */
    async create(record: ChannelRecord) {
      const { clusters, told, changes, waiting, ...rest } = record;
      const documents = { clusters: clusters && JSON.stringify(clusters), ...documentsOf({ told, changes, waiting }) };
      try {
        await connection()
          .insertInto('channels')
          .values({ ...rest, ...documents })
          .execute();
      } catch (error) {
        throw isDuplicate(error) ? failure('channel_exists', { name: record.name }, { cause: error }) : error;
      }
    },

    async all(): Promise<readonly ChannelRecord[]> {
      const rows = await connection().selectFrom('channels').selectAll().orderBy('name').execute();
      return rows.map(toRecord);
    },

    /** False if the name is unknown. */
    async keepState(name: string, { deliveredAt, ...documents }: ChannelState) {
      const { numUpdatedRows } = await connection()
        .updateTable('channels')
        .set({ deliveredAt, ...documentsOf(documents) })
        .where('name', '=', name)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** What was not sent is from before a restore: it is decided again. */
    async forgetWaiting() {
      await connection().updateTable('channels').set({ waiting: null }).execute();
    },

    /** False if the name is unknown. */
    async remove(name: string) {
      const { numDeletedRows } = await connection().deleteFrom('channels').where('name', '=', name).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

function documentsOf({ told, changes, waiting }: Omit<ChannelState, 'deliveredAt'>) {
  return {
    told: JSON.stringify(told),
    changes: JSON.stringify(changes),
    waiting: waiting && JSON.stringify(waiting),
  };
}

function toRecord({ clusters, told, changes, waiting, ...rest }: Selectable<Schema['channels']>): ChannelRecord {
  return {
    ...rest,
    clusters: clusters === null ? null : JSON.parse(clusters),
    told: JSON.parse(told),
    changes: JSON.parse(changes),
    waiting: waiting === null ? null : JSON.parse(waiting),
  };
}
