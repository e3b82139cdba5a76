const minuteMs = 60_000;
const dayMs = 86_400_000;

/** As a person would say it: days, hours and minutes, minutes, or seconds with one decimal. */
export function durationOf(ms: number): string {
  if (ms >= dayMs) {
    const days = Math.floor(ms / dayMs);
    return days === 1 ? '1 day' : `${days} days`;
  }
  const minutes = Math.floor(ms / minuteMs);
  if (minutes === 0) return `${(ms / 1000).toFixed(1)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = `${Math.floor(minutes / 60)} h`;
  return minutes % 60 === 0 ? hours : `${hours} ${minutes % 60} min`;
}

/**
 * Fills the facts into a text, `{name}` by `{name}`. A number before ` s` is a duration, and from ten minutes on it is written in larger
 * units: `86400 s` is `1 day`.
 *
 * @param wordOf the words of a fact; undefined leaves `{name}` in the text
 */
export function filledIn(text: string, wordOf: (name: string) => string | number | undefined): string {
  return text.replace(/\{(\w+)\}( s\b)?/g, (whole, name: string, unit: string | undefined = '') => {
    const word = wordOf(name);
    if (word === undefined) return whole;
    return unit !== '' && Number(word) >= 600 ? durationOf(Number(word) * 1000) : `${word}${unit}`;
  });
}
