import type { Instant } from '../model/instant.ts';
import type { IdempotencyKey, IdempotentRequestRecord } from './inventory.ts';
import type { Connection } from './schema.ts';

export function idempotentRequestRepository(connection: Connection) {
  return {
    async find({ operator, key }: IdempotencyKey): Promise<IdempotentRequestRecord | null> {
      const ofOperator = connection().selectFrom('idempotent_requests').selectAll().where('operator', '=', operator);
      return (await ofOperator.where('key', '=', key).executeTakeFirst()) ?? null;
    },

    /** Adds a request, and removes the oldest ones of its operator beyond this number (R18). */
    async begin(record: IdempotentRequestRecord, most: number) {
      await connection().insertInto('idempotent_requests').values(record).execute();
      await connection()
        .deleteFrom('idempotent_requests')
        .where('number', 'in', (query) =>
          query
            .selectFrom('idempotent_requests')
            .select('number')
            .where('operator', '=', record.operator)
            .orderBy('number', 'desc')
            // SQLite has no offset without a limit; -1 is none.
            .limit(-1)
            .offset(most),
        )
        .execute();
    },

    async keepAnswer(number: number, answer: string) {
      await connection().updateTable('idempotent_requests').set({ answer }).where('number', '=', number).execute();
    },

    async remove(number: number) {
      await connection().deleteFrom('idempotent_requests').where('number', '=', number).execute();
    },

    async removeOf(operator: string) {
      await connection().deleteFrom('idempotent_requests').where('operator', '=', operator).execute();
    },

    /** Removes at most `most` requests from before this moment. @returns how many */
    async removeBefore(before: Instant, most: number): Promise<number> {
      const { numDeletedRows } = await connection()
        .deleteFrom('idempotent_requests')
        .where('number', 'in', (query) =>
          query.selectFrom('idempotent_requests').select('number').where('begunAt', '<', before).limit(most),
        )
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
