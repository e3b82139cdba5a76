import type { Readable } from 'node:stream';
import { plainLines } from '@picket/shared/plain.ts';
import type { Failpoint } from '../program/failpoints.ts';

/** What a command gets from its process. */
export interface AgentIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user that runs this command; null if the system has no such number. */
  readonly uid: number | null;
  /** In Node's spelling: `arm64`. */
  readonly architecture: string;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly buildTime: number;
  /** Fires when the process should stop. */
  readonly signal: AbortSignal;
  readonly failpoint: Failpoint;
}

/**
 * Removes control characters from all output: some words come from etcd or the coordinator and could steer a terminal.
 */
export function plainIo(io: AgentIo): AgentIo {
  const guarded = (output: AgentIo['stdout']): AgentIo['stdout'] => ({
    write: (text) => output.write(plainLines(text)),
  });
  return { ...io, stdout: guarded(io.stdout), stderr: guarded(io.stderr) };
}

export interface CommonOptions {
  readonly config?: string;
}

/** How a command prints its result. */
export type Output = 'text' | 'json';

/** Prints a result in the form that the user asks for. */
export function print(
  { stdout }: AgentIo,
  { output }: { readonly output: Output },
  facts: object,
  text: () => string,
): void {
  stdout.write(output === 'json' ? `${JSON.stringify(facts, null, 2)}\n` : text());
}
