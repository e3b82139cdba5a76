/** How problems with what someone wrote are told: values quoted safely, many at once, never without end. */

const mostTold = 20;

/**
 * A value as it is said in a message: in double quotes, invisible characters escaped, cut after 64
 * characters so that a file pasted by mistake is not repeated in a log.
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

/** Several problems as the end of one message: alone on its line, or each on a line of its own, at most 20. */
export function problemList(problems: readonly string[]): string {
  if (problems.length === 1 && problems[0] !== undefined) return problems[0];
  const told = problems.slice(0, mostTold);
  if (problems.length > mostTold) told.push(`and ${problems.length - mostTold} more`);
  return told.map((problem) => `\n- ${problem}`).join('');
}

/** What an error says, also one that is no Error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
