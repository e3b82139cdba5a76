import { journalEntries } from './journal-entries.ts';

/** Lines of a service in the journal, oldest first. */
export interface JournalPage {
  readonly lines: readonly { readonly text: string; readonly at: number }[];
  /** The cursor of the last of them; the given one if there is none. */
  readonly end: string | null;
}

/**
 * The newest lines of a service, also from before this boot, or those after a cursor. null if the journal cannot be read.
 *
 * @param program `journalctl` or the path of one
 */
export async function journalPage(
  program: string,
  { service, after, count }: { readonly service: string; readonly after: string | null; readonly count: number },
): Promise<JournalPage | null> {
  const more = after === null ? [] : [`--after-cursor=${after}`];
  const entries = await journalEntries(program, { service, count, more });
  if (entries === null) return null;
  return {
    lines: entries.flatMap(({ text, at }) => (text === null ? [] : [{ text, at }])),
    end: entries.at(-1)?.cursor ?? after,
  };
}
