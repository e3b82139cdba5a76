import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from './history.ts';
import { openHistoryFile } from './history-file.ts';
import { type Access, openRegister, type Recorder } from './register.ts';
import { until } from './until.ts';

export interface WriterOptions extends Access {
  /** One that no other writer puts. */
  readonly key: string;
  /** The history is appended to this file; see history-file.ts. */
  readonly out: string;
  /** From the end of one put, and of one read, to the next. */
  readonly everyMs: number;
}

// Often enough that some are under way when a fault hits, and no more often: each is three members’ work on two cores.
export const writerDefaults = { key: 'picket/writer', deadlineMs: 2000, everyMs: 50 } as const;

// Long enough not to fill the history while no member can be reached.
const pauseAfterFailureMs = 100;

/**
 * Puts to its key and, at the same time, reads it from one member after the other, until the signal; then ends what is
 * under way. Nothing that etcd or the network does ends it before.
 */
export async function runWriter(options: WriterOptions, signal: AbortSignal): Promise<void> {
  const file = openHistoryFile(options.out);
  await Promise.all([
    putOnAndOn(options, file.begin, file.lastValue, signal),
    readOnAndOn(options, file.begin, signal),
  ]);
}

async function putOnAndOn(options: WriterOptions, record: Recorder, lastValue: number, signal: AbortSignal) {
  const register = openRegister(options.key, options, record);
  let value = lastValue;
  let known: Operation | undefined;
  while (!signal.aborted) {
    // After a put that may or may not have happened, only a read tells on which revision the next may be built.
    known ??= await answered(register.read());
    if (known !== undefined) {
      value = Math.max(value, known.value) + 1;
      known = await answered(register.put(value, known.revision));
    }
    await pause(known === undefined ? pauseAfterFailureMs : options.everyMs, signal);
  }
  await register.close();
}

async function readOnAndOn(options: WriterOptions, record: Recorder, signal: AbortSignal) {
  const registers = options.endpoints.map((endpoint) =>
    openRegister(options.key, { ...options, endpoints: [endpoint] }, record),
  );
  for (let turn = 0; !signal.aborted; turn += 1) {
    const known = await answered(registers[turn % registers.length]?.read());
    await pause(known === undefined ? pauseAfterFailureMs : options.everyMs, signal);
  }
  await Promise.all(registers.map((register) => register.close()));
}

/** The final state for `checkHistory`: a linearizable read, tried until it succeeds; throws if that takes too long. */
export async function readFinalState(access: Access & { readonly key: string }, within = 30_000): Promise<Operation> {
  const register = openRegister(access.key, access, (invocation) => (outcome) => ({ ...invocation, ...outcome }));
  let last: Operation | undefined;
  const read = async () => {
    last = await register.read();
    return answered(last);
  };
  try {
    const lastSeen = () => last?.problem ?? '';
    return await until(`a linearizable read of ${access.key}`, read, { within, lastSeen });
  } finally {
    await register.close();
  }
}

/** The command line that runs a writer as a process of its own, in another network namespace for one. */
export function writerCommand({ endpoints, ca, cert, out, key, deadlineMs, everyMs }: WriterOptions): string[] {
  const values = { endpoints: endpoints.join(), ca, cert, out, key, 'deadline-ms': deadlineMs, 'every-ms': everyMs };
  const program = join(import.meta.dirname, 'writer-main.ts');
  return [
    process.execPath,
    program,
    ...Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ];
}

async function answered(operation: Promise<Operation> | Operation | undefined): Promise<Operation | undefined> {
  const ended = await operation;
  return ended?.outcome === 'ok' ? ended : undefined;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
