import type { Readable } from 'node:stream';
import type { Failpoint } from '../failpoints.ts';

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

export interface CommonOptions {
  readonly config?: string;
}

/** How a command prints what it found. */
export type Output = 'text' | 'json';
