import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Names in stored documents that had two meanings, as they are in JSON. */
const names = [
  ['"life":', '"incarnation":'],
  ['"lives":', '"incarnations":'],
  ['"released":', '"rolledOut":'],
  ['"releasedAt":', '"startedAt":'],
  ['"stays":', '"debounced":'],
  ['"exchange_waits"', '"learner_waits_for_departure"'],
  ['"former_life_not_put_away"', '"former_incarnation_not_put_away"'],
  ['"former_life_unretired"', '"former_incarnation_unretired"'],
  ['"life_goes_on"', '"incarnation_goes_on"'],
  ['"life_not_given"', '"incarnation_not_given"'],
  ['"life_of_earlier_coordinator"', '"incarnation_of_earlier_coordinator"'],
  ['"life_retired"', '"incarnation_retired"'],
  ['"life_unknown_to_coordinator"', '"incarnation_unknown_to_coordinator"'],
  ['"lives_ended_life"', '"runs_ended_incarnation"'],
  ['"reports_its_life"', '"reports_its_incarnation"'],
  ['"too_many_former_lives"', '"too_many_former_incarnations"'],
  ['"wanted_life_retired"', '"wanted_incarnation_retired"'],
] as const;

const kindsOfEvents = [
  ['forget-lives', 'forget-incarnations'],
  ['retire-life', 'retire-incarnation'],
] as const;

const documents = [
  ['clusters', 'progress'],
  ['clusters', 'conditions'],
  ['channels', 'notified'],
  ['channels', 'changes'],
  ['channels', 'waiting'],
  ['events', 'facts'],
] as const;

/** One word for each thing, in the store too: incarnation, rollout, notified. */
export const oneWord: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('channels').renameColumn('told', 'notified').execute();
    for (const [table, column] of documents) {
      for (const [before, after] of names) {
        const document = sql.ref(column);
        await sql`update ${sql.table(table)} set ${document} = replace(${document}, ${before}, ${after})
          where instr(${document}, ${before}) > 0`.execute(db);
      }
    }
    for (const [before, after] of kindsOfEvents) {
      await sql`update events set kind = ${after} where kind = ${before}`.execute(db);
    }
  },
};
