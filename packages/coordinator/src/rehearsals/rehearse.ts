import { rm } from 'node:fs/promises';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { freeBytesOf, inMiB, lackOf } from '../files/disk-room.ts';
import { makePrivateDirectory } from '../files/whole-file.ts';
import type { BoundedProgram } from './bounded-program.ts';
import { lastWords } from './last-words.ts';
import { chosenPrograms, type EtcdPrograms, type Wanted } from './programs.ts';
import { dataOf, type RestoredData, restoreInto, startEtcd } from './throwaway-etcd.ts';

/** What a rehearsal does now. */
export type RehearsalPhase = 'reads' | 'restores' | 'starts';

/** The file of a snapshot, which was just read completely. */
export interface SnapshotToRehearse extends Wanted {
  readonly path: string;
  readonly sizeBytes: number;
  /** By its record. */
  readonly revision: number;
}

export interface RehearseDeps {
  /** Holds the data for a while, and nothing else. */
  readonly folder: string;
  /** The complete releases that this coordinator may run, in the order in which they are preferred. */
  readonly programs: () => Promise<readonly EtcdPrograms[]>;
  readonly runsReleases: boolean;
  readonly freeBytes?: typeof freeBytesOf;
  /** For all that the programs do. */
  readonly patienceMs: number;
  readonly begins: (phase: RehearsalPhase) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** A restored snapshot, by the etcd that served it. */
export interface Rehearsed extends RestoredData {
  readonly etcdVersion: string;
}

/** etcd prepares two files of its log of 64 MiB each. */
const logBytes = 160 * 1024 * 1024;

/**
 * Restores a snapshot into an etcd of its own, which runs for this on sockets in a private folder, asks it what it holds, and removes all of that.
 * Resolves to the reason if that fails. Rejects only if the folder cannot be written.
 */
export async function rehearse(snapshot: SnapshotToRehearse, deps: RehearseDeps): Promise<Rehearsed | Reason> {
  const { folder, programs, runsReleases, freeBytes = freeBytesOf, signal } = deps;
  const { format, minor } = snapshot;
  const chosen = chosenPrograms(await programs(), snapshot);
  if (chosen === null) return reason('rehearsal_no_program', { format, minor, runsReleases });
  await makePrivateDirectory(folder);
  try {
    // The pages that were free in the snapshot stay so: a restored database is as large as its file.
    const needed = snapshot.sizeBytes + logBytes;
    const lack = await lackOf(needed, folder, freeBytes);
    if (lack !== null) return reason('rehearsal_no_room', { ...lack, neededMiB: inMiB(needed) });
    const late = AbortSignal.timeout(deps.patienceMs);
    const done = await restoredBy(chosen, snapshot, deps, AbortSignal.any([signal, late]));
    if (signal.aborted) return reason('rehearsal_interrupted');
    return late.aborted ? reason('rehearsal_too_long', { minutes: Math.round(deps.patienceMs / 60_000) }) : done;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function restoredBy(
  { version, etcd, etcdutl }: EtcdPrograms,
  { path, revision: recorded }: SnapshotToRehearse,
  { folder, begins }: RehearseDeps,
  over: AbortSignal,
): Promise<Rehearsed | Reason> {
  begins('restores');
  const { code, said } = await endedBy(over, restoreInto(folder, etcdutl, path)).ended;
  if (code !== 0) return reason('rehearsal_not_restored', { version, said: lastWords(said) });
  begins('starts');
  const running = endedBy(over, startEtcd(folder, etcd));
  try {
    const data = await dataOf(folder, running);
    if ('code' in data) return reason('rehearsal_not_started', { version, why: data });
    // It may be higher: the record of a snapshot that no etcdutl has read has the revision of the moment before.
    if (data.revision < recorded) return reason('rehearsal_behind', { recorded, restored: data.revision });
    return { ...data, etcdVersion: version };
  } finally {
    await running.stop();
  }
}

function endedBy(signal: AbortSignal, program: BoundedProgram): BoundedProgram {
  const stop = () => void program.stop();
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return program;
}
