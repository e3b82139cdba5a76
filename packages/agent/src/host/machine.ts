import { readdir, readFile, statfs } from 'node:fs/promises';
import type { PackageSystem } from '@picket/shared/protocol/package-system.ts';

interface DiskSpace {
  readonly totalBytes: number;
  /** Free space that users other than root can use. */
  readonly freeBytes: number;
}

interface Memory {
  readonly totalBytes: number;
  /** The memory that new programs could use without swapping, as the kernel estimates it. */
  readonly availableBytes: number;
}

/** The state of the machine. Each reading is null if the system does not provide it. */
export interface MachineReadings {
  /** Of the file system that holds the path. */
  disk(path: string): Promise<DiskSpace | null>;
  memory(): Promise<Memory | null>;
  /** Of the hottest thermal zone, in °C. */
  temperature(): Promise<number | null>;
  /** Which packages it has. Only the running agent reports it. */
  system?(): Promise<PackageSystem>;
}

export function machineReadings(meminfo = '/proc/meminfo', thermal = '/sys/class/thermal'): MachineReadings {
  return {
    disk: (path) =>
      statfs(path).then(
        ({ blocks, bavail, bsize }) => ({ totalBytes: blocks * bsize, freeBytes: bavail * bsize }),
        () => null,
      ),
    memory: () => readMemory(meminfo),
    async temperature() {
      const zones = (await readdir(thermal).catch(() => [])).filter((name) => name.startsWith('thermal_zone'));
      const readings = await Promise.all(zones.map((zone) => readCelsius(`${thermal}/${zone}/temp`)));
      const believable = readings.filter((reading) => reading !== null);
      return believable.length === 0 ? null : Math.max(...believable);
    },
  };
}

/** From MemTotal and MemAvailable of /proc/meminfo (proc_meminfo(5)). */
export async function readMemory(meminfo = '/proc/meminfo'): Promise<Memory | null> {
  const text = await readFile(meminfo, 'latin1').catch(() => '');
  const bytesOf = (key: string): number | null => {
    const match = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text);
    return match === null ? null : Number(match[1]) * 1024;
  };
  const [totalBytes, availableBytes] = [bytesOf('MemTotal'), bytesOf('MemAvailable')];
  return totalBytes === null || availableBytes === null ? null : { totalBytes, availableBytes };
}

/** Thousandths of a degree. Some drivers return an error or nonsense while their sensor is off. */
async function readCelsius(file: string): Promise<number | null> {
  const celsius = Number.parseInt(await readFile(file, 'latin1').catch(() => ''), 10) / 1000;
  return celsius > -60 && celsius < 150 ? celsius : null;
}
