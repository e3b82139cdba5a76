import type { HostFiles } from '../host.ts';

/** What the process driver remembers of the etcd that it started last. */
export interface ProcessRecord {
  readonly pid: number;
  readonly startTicks: number;
  readonly bootId: string;
  /** How often etcd was restarted after an unexpected end. */
  readonly restarts: number;
  /** Set before etcd is stopped: its end is then no crash, even if the agent dies first. */
  readonly stopAsked: boolean;
  /** How it ended, once that is known. */
  readonly ended: string | null;
}

/** null if there is no readable record: the driver then finds the process by its arguments. */
export async function readRecord(files: HostFiles, path: string): Promise<ProcessRecord | null> {
  const text = await files.read(path);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

export async function writeRecord(files: HostFiles, path: string, record: ProcessRecord): Promise<void> {
  await files.writeWhole({ path, content: `${JSON.stringify(record)}\n`, mode: 0o644, owner: null });
}

function isRecord(value: unknown): value is ProcessRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTicks, bootId, restarts, stopAsked, ended } = value as Record<string, unknown>;
  return (
    Number.isSafeInteger(pid) &&
    Number.isSafeInteger(startTicks) &&
    Number.isSafeInteger(restarts) &&
    typeof bootId === 'string' &&
    typeof stopAsked === 'boolean' &&
    (ended === null || typeof ended === 'string')
  );
}
