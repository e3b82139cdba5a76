import { reasonOf } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { inDoubt, type Journal } from '../journal/journal.ts';
import { type LocalRelease, readLocalRelease } from '../journal/local-release.ts';
import type { CurrentState, Paths } from '../model/model.ts';
import { sameProgram } from '../model/program.ts';
import { restartKeyHere } from '../reconcile/restart-key.ts';
import type { Agent } from './agent.ts';

export type JournalChange = (before: Journal) => Journal;

/**
 * What to record after an observation. If the disk took no writes when the agent started, the start of this run is
 * still to record.
 */
export function noteSeen(run: number, seen: CurrentState, paths: Paths): JournalChange {
  return (before) => {
    const started = noteProgram(seen, noteBoot(seen, noteRun(run, before), paths));
    return noteRunning(seen, noteBinary(seen, noteIncarnation(seen, started)));
  };
}

/**
 * The start of a run. A snapshot that the last agent had begun ended with it, and the result of maintenance that it had
 * begun is unknown.
 */
export function noteBegin(run: number): JournalChange {
  return (before) => {
    const { lastSnapshot, lastMaintenance } = before;
    const brokenOff = { outcome: 'failed', reason: reason('agent_restarted') } as const;
    return {
      ...noteRun(run, before),
      ...(lastSnapshot?.outcome === 'begun' ? { lastSnapshot: { ...lastSnapshot, ...brokenOff } } : {}),
      ...(lastMaintenance?.outcome === 'begun' ? { lastMaintenance: { ...lastMaintenance, ...brokenOff } } : {}),
    };
  };
}

export function noteApplied(generation: number): JournalChange {
  return (before) => ({ ...before, generationApplied: Math.max(before.generationApplied, generation) });
}

function noteRun(run: number, before: Journal): Journal {
  return { ...before, runs: Math.max(before.runs, run) };
}

/** From etcd's first answer on, an empty data directory means a lost disk (R4). */
function noteIncarnation({ etcd, dataDirs }: CurrentState, before: Journal): Journal {
  const incarnation = before.startedWith?.incarnation;
  if (etcd === null || incarnation === undefined) return before;
  const folder = dataDirs[incarnation] ?? 'empty';
  if (before.incarnations[incarnation] !== 'made' || folder === 'empty') return before;
  return { ...before, incarnations: { ...before.incarnations, [incarnation]: 'lived' } };
}

/**
 * Something other than this agent has started another etcd than the record names: an agent from before releases, for example, has
 * written the service's definition. What that etcd was started with is unknown.
 */
function noteProgram({ runs }: CurrentState, before: Journal): Journal {
  const { startedWith } = before;
  if (runs === null || startedWith === null || sameProgram(runs.program, startedWith.program ?? null)) return before;
  const { program: _recorded, ...doubted } = inDoubt(startedWith);
  return { ...before, startedWith: { ...doubted, ...(runs.program === null ? {} : { program: runs.program }) } };
}

/**
 * A boot starts etcd with the files that lie there. A diskless machine may have them from before the last restart, if the power
 * failed before they were saved.
 */
function noteBoot({ service, boot, files }: CurrentState, before: Journal, paths: Paths): Journal {
  const { startedWith, ranIn } = before;
  if (startedWith === null || service.kind !== 'running' || boot === null || ranIn === boot) return before;
  const key = restartKeyHere(files, paths, startedWith.program ?? null);
  return key === null || key === startedWith.restartKey ? before : { ...before, startedWith: inDoubt(startedWith) };
}

/** Whichever process started it, it runs the installed version: only another version is worth a restart. */
function noteBinary({ etcd, etcdVersion }: CurrentState, before: Journal): Journal {
  const { startedWith } = before;
  const same = etcd !== null && etcd.version === etcdVersion && startedWith !== null;
  return same ? { ...before, startedWith: { ...startedWith, etcdVersion } } : before;
}

/** If etcd is stopped later in this boot, and not by this agent, somebody stopped it by hand. */
function noteRunning({ service, boot }: CurrentState, before: Journal): Journal {
  return service.kind === 'running' && before.startedWith !== null && boot !== null
    ? { ...before, ranIn: boot }
    : before;
}

/** Why it could not be recorded; null if it was. */
export async function attemptNote(write: () => Promise<unknown>): Promise<Reason | null> {
  try {
    await write();
    return null;
  } catch (error) {
    return reason('not_noted', { why: reasonOf(error) });
  }
}

/** Notes the end of a hold that root on this machine has ordered without the coordinator: etcd starts (R10). */
export async function heedLocalRelease({ deps: { host, paths }, journal }: Agent): Promise<void> {
  // A disk that cannot be read must not keep the agent from its other work.
  const release = await readLocalRelease(host.files, paths.stateDir).catch(() => null);
  await attemptNote(() => journal.update((before) => noteRelease(before, release, host.boot)));
}

/** A hold that root has released keeps etcd down no longer. */
export function noteRelease(before: Journal, release: LocalRelease | null, boot: string | null): Journal {
  const { held } = before;
  const isReleased = held !== null && release?.id === held.permit && release.boot === boot;
  return isReleased ? { ...before, held: { ...held, stopped: false } } : before;
}
