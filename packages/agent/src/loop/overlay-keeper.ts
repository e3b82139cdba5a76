import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { reasonOf } from '@picket/shared/errors.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { likenessOf } from '@picket/shared/reasons/likeness.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import type { Clock, HostFiles } from '../host/host.ts';
import type { Lbu } from '../host/lbu.ts';
import type { AgentStep } from '../model/model.ts';
import type { Log } from '../program/log.ts';

export type OverlayKeeper = ReturnType<typeof overlayKeeper>;

interface OverlayKeeperDeps {
  readonly lbu: Lbu;
  readonly files: HostFiles;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the last save is recorded: on a disk. */
  readonly stateDir: string;
  /** The files to save, and folders whose files are meant; some may not exist. */
  readonly saved: readonly string[];
  /** Those among them that lbu saves only if they are included explicitly. */
  readonly toInclude: readonly string[];
  /** Files that lbu must not save: they are large, and the agent fetches them again. */
  readonly toExclude: readonly string[];
}

/**
 * Ensures that the next boot of a machine whose root is in memory restores what is below /etc.
 *
 * The last save is recorded by a hash. So a restart of the agent or a boot costs the card no write. A change just
 * before a power cut, or by an upgrade of the agent, is saved by the next run.
 */
export function overlayKeeper(deps: OverlayKeeperDeps) {
  const { lbu, files, clock, log, stateDir } = deps;
  const note = join(stateDir, 'lbu-committed');
  let touches = 1;
  let seen = 0;
  let touchedAt = clock.monotonic();
  let pausedUntil = 0;
  let failures = 0;
  let problem: AnyReason | null = null;
  let saving: Promise<void> | null = null;

  async function save(): Promise<void> {
    const at = touches;
    try {
      const hash = `${await hashOf(deps)}\n`;
      if ((await files.read(note)) !== hash) {
        const there: string[] = [];
        for (const path of deps.toInclude) if (await files.exists(path)) there.push(path);
        await lbu.include(there);
        await lbu.exclude(deps.toExclude);
        await lbu.commit();
        await files.writeWhole({ path: note, content: hash, mode: 0o600, owner: null });
        log.info({}, 'saved the changes in /etc with lbu commit');
      }
      seen = at;
      failures = 0;
      problem = null;
    } catch (error) {
      failures += 1;
      pausedUntil = clock.monotonic() + pauseAfter(failures);
      const told = reason('overlay_not_saved', { why: reasonOf(error) });
      if (problem === null || likenessOf(told) !== likenessOf(problem)) log.warn({}, inWords(told));
      problem = told;
    }
  }

  return {
    /** Call after a change. */
    touched() {
      touches += 1;
      touchedAt = clock.monotonic();
    },
    /** Starts a save if it is time for one; does not wait for it. */
    tend(rest: Rest) {
      if (saving !== null || seen === touches) return;
      if (!isTimeToSave({ touchedAt, pausedUntil }, rest, clock.monotonic())) return;
      saving = save().finally(() => {
        saving = null;
      });
    },
    /** Saves now what is not saved yet, and resolves after that; `problem` says whether it could. */
    async save() {
      await saving;
      if (seen !== touches && clock.monotonic() >= pausedUntil) await save();
    },
    /** Why the last changes are not saved, for the operator; null if they are, or soon will be. */
    problem: () => problem,
    /** Resolves once no save runs. */
    async rested() {
      await saving;
    },
  };
}

async function hashOf({ files, saved }: OverlayKeeperDeps): Promise<string> {
  const hash = createHash('sha256');
  for (const path of saved) {
    const names = await files.list(path).catch(() => []);
    const inside = [...names].sort().map((name) => join(path, name));
    for (const file of inside.length > 0 ? inside : [path]) {
      const link = await files.readLink(file).catch(() => null);
      const content = link ?? (await files.read(file).catch(() => null));
      hash.update(JSON.stringify([file, content]));
    }
  }
  return hash.digest('hex');
}

/** The unsaved changes below /etc, on a machine whose root is in memory. Monotonic milliseconds. */
interface Unsaved {
  readonly touchedAt: number;
  /** Not before this moment: the last attempt failed. */
  readonly pausedUntil: number;
}

export interface Rest {
  /** Nothing is left to do, and etcd serves. */
  readonly settled: boolean;
  /** Nothing is left to do now. */
  readonly idle: boolean;
}

/** Several changes of one order follow each other within seconds and are saved together. */
const settleMs = 10_000;
/** Even an etcd that waits for its peers for days delays a save at most this long. */
const longestMs = 300_000;

/**
 * Whether to save now: once for many changes, after they have stopped, and not while a member restarts or is down (R2),
 * when a busy card would delay its return. Pure.
 */
function isTimeToSave({ touchedAt, pausedUntil }: Unsaved, { settled, idle }: Rest, now: number): boolean {
  const rested = now - touchedAt;
  if (now < pausedUntil || rested < settleMs) return false;
  return settled || (idle && rested >= longestMs);
}

/** How long to wait after this many failures in a row, in milliseconds. */
function pauseAfter(failures: number): number {
  return doublingPauseMs(failures, 30_000, 3_600_000);
}

const elsewhere: ReadonlySet<AgentStep['kind']> = new Set([
  'make-data-dir',
  'clear-unborn',
  'put-data-away',
  'restore-data',
  'take-snapshot',
  'maintenance',
  'change-membership',
]);

/** Whether a step may have changed what is saved. */
export function changesEtc({ kind }: AgentStep): boolean {
  return !elsewhere.has(kind);
}
