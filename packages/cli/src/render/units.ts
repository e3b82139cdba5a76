import { shownTime } from '@picket/shared/reasons/shown-time.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A span of time in its largest unit, rounded down: `12s`, `5m`, `3h`, `400d`. */
export function span(ms: number): string {
  const of = (unit: number, name: string) => `${Math.floor(ms / unit)}${name}`;
  if (ms < minute) return of(second, 's');
  if (ms < hour) return of(minute, 'm');
  if (ms < 2 * day) return of(hour, 'h');
  return of(day, 'd');
}

/** A timestamp of the API, to the second: `2026-11-24 15:57:33Z`. */
export function dateTime(timestamp: string): string {
  return shownTime(timestamp);
}

/** How a table shows times: as they are from `now`, or in UTC. */
export interface Times {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly inUtc: boolean;
}

/** When something was: `5m ago`, or in UTC. A clock that was set back makes nothing come from the future. */
export function pastTime(timestamp: string, { now, inUtc }: Times): string {
  return inUtc ? dateTime(timestamp) : `${span(Math.max(0, now - Date.parse(timestamp)))} ago`;
}

/** When a certificate expires: the date and the time left, or in UTC. */
export function endOf(timestamp: string, { now, inUtc }: Times): string {
  const left = Date.parse(timestamp) - now;
  if (inUtc) return `${dateTime(timestamp)}${left <= 0 ? ' (expired)' : ''}`;
  return `${timestamp.slice(0, 10)} (${left <= 0 ? 'expired' : `${span(left)} left`})`;
}

/** A size in the form of etcdctl: powers of 1000, one decimal below 10 (`20 kB`, `2.1 MB`). */
export function byteSize(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const names = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let power = 0;
  while (power < names.length - 1 && bytes >= 1000 ** (power + 1)) power += 1;
  const value = Math.floor((bytes / 1000 ** power) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : halfToEven(value)} ${names[power]}`;
}

/** Rounds as Go does. etcdctl rounds twice: 20,480 bytes are 20.5 kB and then 20 kB. */
function halfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}
