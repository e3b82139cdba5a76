import { readdirSync, readFileSync } from 'node:fs';

/**
 * The arguments of each process of this machine by its pid; a kernel thread and a zombie have none. All in one go, since
 * tests that wait for a process ask many times a second, with some hundred processes each time.
 */
export function commandLines(): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, readonly string[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (Number.isInteger(pid)) found.set(pid, argumentsOf(pid));
  }
  return found;
}

function argumentsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    // It ended in between.
    return [];
  }
}
