/** A time in milliseconds since 1970, in the form for people and JSON: `2026-01-31T08:15:00.000Z`. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

export function isoTimeOrNull(at: number | null): string | null {
  return at === null ? null : isoTime(at);
}

/** Reads what {@link isoTime} writes; NaN for text that is not a date. */
export function parseIsoTime(text: string): number {
  return Date.parse(text);
}
