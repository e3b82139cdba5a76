import { type Words, wordsOf } from '../reasons/in-words.ts';
import { eventTable } from './table.ts';

/** The words of an event. Only for the edges. An event that another version stored may be shown as its kind. */
export function eventInWords({ kind, facts }: { readonly kind: string; readonly facts: object }): Words {
  return wordsOf(eventTable, kind, facts);
}
