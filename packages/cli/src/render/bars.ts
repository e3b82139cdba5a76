/** The characters of a chart, from the lowest value to the highest. */
export interface BarSet {
  readonly levels: readonly string[];
  readonly degree: string;
}

const blocks: BarSet = { levels: [...'▁▂▃▄▅▆▇█'], degree: '°C' };
const ascii: BarSet = { levels: [...'_.:-=+*#'], degree: 'C' };

/** Block characters if the locale is UTF-8, else ASCII. */
export function barSetFor(env: Readonly<Record<string, string | undefined>>): BarSet {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((one) => one !== undefined && one !== '') ?? '';
  return /utf-?8/i.test(locale) ? blocks : ascii;
}

/** One line of bars between these two values. A space where nothing is known. Pure. */
export function bars(
  values: readonly (number | null)[],
  { low, high }: { readonly low: number; readonly high: number },
  { levels }: BarSet,
): string {
  const level = (value: number) => {
    const share = high > low ? (value - low) / (high - low) : 0;
    return Math.min(levels.length - 1, Math.max(0, Math.floor(share * levels.length)));
  };
  return values.map((value) => (value === null ? ' ' : (levels[level(value)] ?? ' '))).join('');
}
