import { plain } from '@picket/shared/plain.ts';
import type { Candidate, Expected } from './expected.ts';

/** Tells the script that a path fits here, which the shell itself completes. */
export const filesWanted = ':files';

/** The answer for the script of a shell: a line for each word that fits, as `WORD ABOUT`, sorted and without repetition. */
export function completions({ typed, lead, taken, isFile, candidates }: Expected, live: readonly Candidate[]): string {
  if (isFile) return `${filesWanted}\n`;
  const words = new Map(
    [...candidates, ...live]
      .filter(({ word }) => word.startsWith(typed) && isHarmless(word) && !taken.includes(word))
      .map(({ word, about }) => [word, about]),
  );
  return [...words]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([word, about]) => `${`${lead}${word} ${plain(about)}`.trimEnd()}\n`)
    .join('');
}

/** Whether a shell reads it as one word without an effect. Any other name was not made by Picket. */
function isHarmless(word: string): boolean {
  return /^[A-Za-z0-9@_.=-]+$/.test(word);
}
