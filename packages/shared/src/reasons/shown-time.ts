/** A timestamp for people, to the second: `2026-01-31 08:15:00Z`. */
export function shownTime(timestamp: string): string {
  return timestamp.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}
