import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './measure.ts';

const settleSeconds = 5;
const looks = 20;
const betweenLooksMs = 250;

/** Memory of one process in MB (10⁶ bytes). */
export interface Memory {
  /** All that is resident: of the program's own file too, which on a board with one such process nobody shares. */
  readonly resident: number;
  /** What it has made itself and no file backs. */
  readonly anonymous: number;
}

/**
 * What a process has resident, once it has had some seconds to settle: the median of several looks, for a garbage
 * collector makes it go up and down. Rejects where there is no Linux, or no such process.
 */
export async function settledMemory(pid: number, signal: AbortSignal): Promise<Memory> {
  await sleep(settleSeconds * 1000, undefined, { signal });
  const seen: Memory[] = [];
  while (seen.length < looks) {
    await sleep(betweenLooksMs, undefined, { signal });
    seen.push(memoryIn(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')));
  }
  return {
    resident: median(seen.map(({ resident }) => resident)),
    anonymous: median(seen.map(({ anonymous }) => anonymous)),
  };
}

/** Reads /proc/PID/smaps_rollup (proc_pid_smaps(5)), which counts exactly where VmRSS only estimates. */
export function memoryIn(smapsRollup: string): Memory {
  const megabytes = (field: string): number => {
    const kilobytes = new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(smapsRollup)?.[1];
    if (kilobytes === undefined) throw new Error(`smaps_rollup does not tell ${field}`);
    return (Number(kilobytes) * 1024) / 1e6;
  };
  return { resident: megabytes('Rss'), anonymous: megabytes('Anonymous') };
}
