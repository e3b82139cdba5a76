import type { AnyReason, Sayers } from './reason.ts';
import { reasonTable } from './table.ts';
import { sayWith } from './text.ts';

/** Text for a person. No code decides by it. */
export type Words = string & { readonly inWords: true };

/** The words of a reason. Only for the edges: the API, logs and the CLI. */
export function inWords({ code, facts }: AnyReason): Words {
  return wordsOf(reasonTable, code, facts);
}

/**
 * The words that a table has for these facts. If another version stored or reported a code or facts that this version does not
 * know, the words are the code: no node can make this throw (R18).
 */
export function wordsOf(table: Sayers, code: string, facts: object): Words {
  const sayer = Object.hasOwn(table, code) ? table[code] : undefined;
  try {
    return (sayer === undefined ? code : String(sayWith(sayer, facts, inWords) ?? code)) as Words;
  } catch {
    return code as Words;
  }
}
