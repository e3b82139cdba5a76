import type { Expression } from './expressions-in-source.ts';

// Neither Java nor a program for this processor; recheck reads it when it is loaded.
process.env.RECHECK_BACKEND = 'pure';
const { checkSync } = await import('recheck');

/** A repetition with a higher bound may take as long as one without a bound: text from elsewhere is not much longer. */
const highBound = 300;
/** Most are judged within a second. */
const longestMs = 5 * 60_000;
/** recheck counts steps. Its own limits of time are so short that on a loaded machine it finds nothing within them. */
const patient = { seedingTimeout: 30_000, incubationTimeout: 30_000, attackTimeout: 30_000, randomSeed: 1 };

/**
 * What is wrong with an expression that reads text from elsewhere, as the end of a sentence: it may take longer than linear time.
 * null if nothing is. By recheck, which finds ambiguous repetitions, or else counts the steps of a matcher.
 */
export function problemOfExpression({ pattern, flags }: Expression): string | null {
  const found = checkSync(withLowBounds(pattern), flags, { ...patient, timeout: longestMs });
  if (found.status === 'safe') return null;
  if (found.status === 'unknown') return `cannot be judged (${found.error.kind})`;
  if (found.checker === 'fuzz' && !isSlowAt(found.attack.string, new RegExp(pattern, flags))) return null;
  return `takes longer than linear time (${found.complexity.summary})`;
}

/**
 * Whether an expression is slow at the text that recheck found. recheck's counts depend on chance: one seed in ten calls a linear
 * expression slow. At such a text a slow one needs seconds, and a linear one less than a millisecond. This is the time of the
 * processor, which other programs do not change.
 */
function isSlowAt(text: string, expression: RegExp): boolean {
  const before = process.cpuUsage();
  expression.exec(text);
  const { user } = process.cpuUsage(before);
  return user > 100_000;
}

/** With lower bounds of repetitions, or none: recheck takes long for each bound, and a low one changes no order of time. */
function withLowBounds(pattern: string): string {
  return pattern.replace(
    /\\.|\[(?:\\.|[^\]\\])*\]|\{(\d+)(,?)(\d*)\}/gs,
    (whole, from?: string, comma?: string, to?: string) => {
      if (from === undefined) return whole;
      const least = Math.min(Number(from), 2);
      const most = comma === '' ? Number(from) : to === '' ? Number.POSITIVE_INFINITY : Number(to);
      return most > highBound ? `{${least},}` : `{${least},${Math.max(least, Math.min(most, 3))}}`;
    },
  );
}
