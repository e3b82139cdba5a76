import { eventTable } from '@picket/shared/events/table.ts';
import type { Sayers } from '@picket/shared/reasons/reason.ts';
import { reasonTable } from '@picket/shared/reasons/table.ts';
import { factLiterals } from './literals.ts';
import { type Words, wordsOf } from './words.ts';

type TableWords = Readonly<Record<string, Words>>;

/** The file of words that `picket explain` reads. It is also the one recording of the words of reasons and events. */
export const wordsFile = 'packages/shared/generated/words.json';

/** The words of each reason and event, with `{name}` where a fact stands. */
export async function tableWords(): Promise<{ readonly reasons: TableWords; readonly events: TableWords }> {
  const literals = await factLiterals();
  const wordsIn = (table: Sayers): TableWords =>
    Object.fromEntries(Object.entries(table).map(([code, sayer]) => [code, wordsOf(sayer, literals)]));
  return { reasons: wordsIn(reasonTable), events: wordsIn(eventTable) };
}

/** The text of that file: a line for each code, and one for each form of its words if it has several. */
export async function wordsDocument(): Promise<string> {
  const tables = Object.entries(await tableWords()).map(([name, table]) => {
    const entries = Object.entries(table).map(([code, { facts, words }]) => {
      const forms = words.map((one) => JSON.stringify(one)).join(',\n  ');
      return `${JSON.stringify(code)}: {"facts": ${JSON.stringify(facts)}, "words": [${words.length > 1 ? '\n  ' : ''}${forms}]}`;
    });
    return `${JSON.stringify(name)}: {\n${entries.join(',\n')}\n}`;
  });
  return `{\n${tables.join(',\n')}\n}\n`;
}
