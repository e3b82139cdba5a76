import type { Readable } from 'node:stream';
import { plainLines } from '@picket/shared/plain.ts';
import type { Failpoint } from '../program/failpoints.ts';

/** What a command takes from its process. */
export interface AgentIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user that runs this; null where the system has no such number. */
  readonly uid: number | null;
  /** As Node names it: `arm64`. */
  readonly architecture: string;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly buildTime: number;
  /** Fires when the process is told to stop. */
  readonly signal: AbortSignal;
  readonly failpoint: Failpoint;
}

/** With nothing in what is written that a terminal would act on: words of etcd and of the coordinator are among it. */
export function plainIo(io: AgentIo): AgentIo {
  const guarded = (output: AgentIo['stdout']): AgentIo['stdout'] => ({
    write: (text) => output.write(plainLines(text)),
  });
  return { ...io, stdout: guarded(io.stdout), stderr: guarded(io.stderr) };
}

export interface CommonOptions {
  readonly config?: string;
}

/** How a command prints what it found. */
export type Output = 'text' | 'json';
