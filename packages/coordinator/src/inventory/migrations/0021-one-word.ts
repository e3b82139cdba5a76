import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

type Fields = Readonly<Record<string, unknown>>;

/** Codes of reasons. No name of a member or node has an underscore, so a text that is one of these is a code. */
const codes = [
  ['exchange_waits', 'learner_waits_for_departure'],
  ['former_life_not_put_away', 'former_incarnation_not_put_away'],
  ['former_life_unretired', 'former_incarnation_unretired'],
  ['life_goes_on', 'incarnation_goes_on'],
  ['life_not_given', 'incarnation_not_given'],
  ['life_of_earlier_coordinator', 'incarnation_of_earlier_coordinator'],
  ['life_retired', 'incarnation_retired'],
  ['life_unknown_to_coordinator', 'incarnation_unknown_to_coordinator'],
  ['lives_ended_life', 'runs_ended_incarnation'],
  ['reports_its_life', 'reports_its_incarnation'],
  ['too_many_former_lives', 'too_many_former_incarnations'],
  ['wanted_life_retired', 'wanted_incarnation_retired'],
] as const;

/** The object with another name for one of its fields. Objects in it stay as they are: a member may have any name, also this one. */
function renamed(of: unknown, from: string, to: string): unknown {
  if (typeof of !== 'object' || of === null || !Object.hasOwn(of, from)) return of;
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name === from ? to : name, value]));
}

function within(of: Fields, name: string, change: (part: unknown) => unknown): Fields {
  return Object.hasOwn(of, name) ? { ...of, [name]: change(of[name]) } : of;
}

const rewritten: Readonly<Record<string, (document: never) => unknown>> = {
  'clusters.progress': (progress: Fields) =>
    within(
      within(progress, 'configuration', (part) => renamed(part, 'released', 'rolledOut')),
      'formation',
      (part) => renamed(part, 'releasedAt', 'startedAt'),
    ),
  'clusters.conditions': (conditions: Fields) =>
    within(conditions, 'nodes', (nodes) =>
      Object.fromEntries(
        Object.entries(nodes as Fields).map(([id, node]) => [id, renamed(node, 'life', 'incarnation')]),
      ),
    ),
  'channels.notified': (problems: readonly unknown[]) => problems.map((one) => renamed(one, 'stays', 'debounced')),
  'channels.changes': (changes: unknown) => changes,
  'channels.waiting': (waiting: unknown) => waiting,
  'events.facts': (facts: unknown) => renamed(facts, 'lives', 'incarnations'),
};

/** One word for each thing, in the store too: incarnation, rollout, notified. */
export const oneWord: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('channels').renameColumn('told', 'notified').execute();
    for (const [place, rewrite] of Object.entries(rewritten)) {
      const [table, column] = place.split('.').map((name) => sql.id(name));
      const { rows } = await sql<{ id: number; document: string }>`
        select rowid as id, ${column} as document from ${table} where ${column} is not null
      `.execute(db);
      for (const { id, document } of rows) {
        const after = codes.reduce(
          (text, [from, to]) => text.replaceAll(`"${from}"`, `"${to}"`),
          JSON.stringify(rewrite(JSON.parse(document) as never)),
        );
        if (after !== document) await sql`update ${table} set ${column} = ${after} where rowid = ${id}`.execute(db);
      }
    }
    await sql`update events set kind = 'forget-incarnations' where kind = 'forget-lives'`.execute(db);
    await sql`update events set kind = 'retire-incarnation' where kind = 'retire-life'`.execute(db);
  },
};
