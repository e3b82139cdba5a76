/** The words for problems in what someone wrote: values quoted safely, and several problems in one message of limited length. */

const mostTold = 20;

/**
 * A value for a message: in double quotes, with invisible characters escaped, and cut after 64 characters, so that a file
 * pasted by mistake is not repeated in a log.
 */
export function quote(value: string): string {
  const shown = value.length > 64 ? `${value.slice(0, 64)}…` : value;
  return JSON.stringify(shown).replace(
    /[\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    },
  );
}

/** Problems as the end of one message: one problem on the same line, several on a line each, at most 20. */
export function problemList(problems: readonly string[]): string {
  if (problems.length === 1 && problems[0] !== undefined) return problems[0];
  const told = problems.slice(0, mostTold);
  if (problems.length > mostTold) told.push(`and ${problems.length - mostTold} more`);
  return told.map((problem) => `\n- ${problem}`).join('');
}

/** The message of an error, even if it is not an Error object. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
