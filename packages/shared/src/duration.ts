export const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400, y: 365 * 86_400 } as const;

/** The seconds of a duration as a person writes it, such as `30m`, `2h` or `90d`; undefined if it is not one. */
export function durationSeconds(text: string): number | undefined {
  const match = /^([1-9]\d{0,8})([smhdy])$/.exec(text);
  return match === null ? undefined : Number(match[1]) * secondsOf[match[2] as keyof typeof secondsOf];
}
