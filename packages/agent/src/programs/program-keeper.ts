import { chmod, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { reasonOf } from '@picket/shared/errors.ts';
import type { ProgramOrder } from '@picket/shared/protocol/releases.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import { backoffMs } from '../coordinator/backoff.ts';
import type { Clock, HostFiles, Owner } from '../host/host.ts';
import { type Program, programFolder, programOf, programsFolder } from '../model/program.ts';
import type { Log } from '../program/log.ts';
import { fetchProgram, type ProgramSource } from './fetch-program.ts';
import type { ProgramCheck } from './program-check.ts';

export type ProgramKeeper = ReturnType<typeof programKeeper>;

interface KeeperDeps {
  readonly coordinator: ProgramSource;
  readonly check: ProgramCheck;
  readonly stateDir: string;
  /** etcd's user; null: the user that runs the agent. */
  readonly owner: Owner | null;
  readonly files: HostFiles;
  readonly clock: Clock;
  readonly random: () => number;
  /** Of the file system with this folder, for users other than root. */
  readonly freeBytes: (folder: string) => Promise<number>;
  readonly log: Log;
}

/** What a fetch leaves free on the disk: etcd's next two segments of its log. */
const reserveBytes = 128 * 1024 * 1024;
/** The one in use, and the one to go back to. */
const fewestKept = 2;

interface Failure {
  readonly why: AnyReason;
  readonly until: number;
  readonly count: number;
}

/**
 * The releases on this node: fetched from the coordinator beside everything else, each program whole by its hash, in a folder
 * that belongs to root. A release is ready once all of its programs are whole and its etcd has printed its version.
 */
export function programKeeper({
  coordinator,
  check,
  stateDir,
  owner,
  files,
  clock,
  random,
  freeBytes,
  log,
}: KeeperDeps) {
  let running: { readonly sha256: string; readonly done: Promise<void>; readonly control: AbortController } | null =
    null;
  /** The last failure of each release that is still to be fetched, by the hash of its etcd. */
  const failures = new Map<string, Failure>();
  /** The present fetch has received something, so the failure of the last one is over. */
  let goesOn = false;
  let ready: Program | null = null;

  async function fetchAll(order: ProgramOrder, program: Program, inUse: readonly Program[], signal: AbortSignal) {
    const folder = programFolder(stateDir, program);
    for (const path of [programsFolder(stateDir), folder]) {
      await files.ensureFolder(path, 0o755, null);
      await chmod(path, 0o755);
      await files.guard({ path, mode: 0o755 }, owner);
    }
    const lacking = await check.lacking(order, folder);
    await requireRoom(folder, lacking).catch(async (error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      // A release that nobody needs gives its room to the one that is wanted.
      await prune([...inUse, program], 0);
      await requireRoom(folder, lacking);
    });
    const { version } = program;
    const stoppable: ProgramSource = {
      readRelease(sha256, offset) {
        signal.throwIfAborted();
        return coordinator.readRelease(sha256, offset, signal).then((part) => {
          goesOn = true;
          return part;
        });
      },
    };
    for (const one of lacking) {
      const problem = await fetchProgram(one, join(folder, one.name), stoppable, (ms) => clock.sleep(ms, signal));
      if (problem !== null) throw new Refusal(reason('release_not_whole', { version, program: one.name, problem }));
    }
    log.info({ version, folder }, 'the release was fetched');
  }

  async function requireRoom(path: string, lacking: readonly { readonly name: string; readonly sizeBytes: number }[]) {
    let needed = reserveBytes;
    for (const { name, sizeBytes } of lacking) {
      const there = await stat(join(path, `${name}.part`)).catch(() => null);
      needed += Math.max(0, sizeBytes - (there?.size ?? 0));
    }
    const free = await freeBytes(path);
    if (free < needed) throw new Refusal(reason('release_no_room', { path, neededBytes: needed, freeBytes: free }));
  }

  function begin(order: ProgramOrder, program: Program, inUse: readonly Program[]): void {
    const { sha256 } = program;
    goesOn = false;
    const control = new AbortController();
    const done = fetchAll(order, program, inUse, control.signal).then(
      () => {
        failures.delete(sha256);
      },
      (error: unknown) => {
        if (control.signal.aborted) return;
        const count = (failures.get(sha256)?.count ?? 0) + 1;
        const why = error instanceof Refusal ? error.why : reasonOf(error);
        failures.set(sha256, { why, count, until: clock.monotonic() + backoffMs(count, random()) });
        log.warn({ version: program.version, attempt: count }, 'the release could not be fetched');
      },
    );
    running = { sha256, control, done: done.finally(() => (running = null)) };
  }

  async function stop(): Promise<void> {
    running?.control.abort(new Error('another release is wanted'));
    await running?.done;
  }

  /**
   * Removes what is neither needed nor one of the newest `kept` releases. A failure only wastes room, and the next call tries
   * again.
   */
  async function prune(needed: readonly Program[], kept = fewestKept): Promise<void> {
    const root = programsFolder(stateDir);
    const names = await readdir(root).catch(() => []);
    const keep = new Set(needed.map((program) => basename(programFolder(stateDir, program))));
    if (names.every((name) => keep.has(name))) return;
    const others: { readonly name: string; readonly at: number }[] = [];
    for (const name of names.filter((one) => !keep.has(one)))
      others.push({ name, at: (await stat(join(root, name)).catch(() => null))?.mtimeMs ?? 0 });
    const spared = keep.size === 0 ? 0 : Math.max(0, kept - keep.size);
    const over = others.sort((one, other) => other.at - one.at).slice(spared);
    for (const { name } of over) await files.removeTree(join(root, name)).catch(() => undefined);
  }

  /** Fetches the first of these releases whose last failure is long enough ago, and ends the fetch of any other. */
  async function fetchFirst(missing: readonly ProgramOrder[], inUse: readonly Program[]): Promise<void> {
    const named = missing.flatMap((order) => {
      const program = programOf(order);
      return program === null ? [] : [{ order, program }];
    });
    for (const sha256 of failures.keys())
      if (!named.some(({ program }) => program.sha256 === sha256)) failures.delete(sha256);
    const due = named.find(({ program }) => clock.monotonic() >= (failures.get(program.sha256)?.until ?? 0));
    if (running !== null && running.sha256 !== due?.program.sha256) await stop();
    if (running === null && due !== undefined) begin(due.order, due.program, inUse);
  }

  return {
    /**
     * Why this release cannot be started here; null if it can, or none is wanted. Begins to fetch what is missing, beside
     * everything else. Once the release is ready, removes those that nobody needs, except the newest two.
     *
     * @param inUse what etcd runs, or would be put back to
     * @param lastGood the release that etcd would be put back to: if it was lost, it is fetched after the wanted one (R10)
     */
    async tend(
      order: ProgramOrder | undefined,
      inUse: readonly Program[],
      lastGood?: ProgramOrder,
    ): Promise<AnyReason | null> {
      const program = order === undefined ? null : programOf(order);
      const { why, toFetch } = await check.look(order);
      ready = why === null ? program : null;
      if (why === null) await prune(program === null ? inUse : [...inUse, program]);
      const last = program === null ? undefined : failures.get(program.sha256);
      const missing = [toFetch ? order : undefined, (await check.isMissing(lastGood)) ? lastGood : undefined];
      await fetchFirst(
        missing.filter((one) => one !== undefined),
        inUse,
      );
      if (!toFetch || program === null || last === undefined) return why;
      if (running?.sha256 === program.sha256 && goesOn) return why;
      return reason('release_not_fetched', { version: program.version, why: last.why });
    },
    /** The folder of the wanted release; null while it is not ready, and if none is wanted. */
    folder: () => (ready === null ? null : programFolder(stateDir, ready)),
    /** Ends a fetch. What has arrived stays, and the next attempt continues it. */
    stop,
  };
}

class Refusal extends Error {
  readonly why: AnyReason;
  constructor(why: AnyReason) {
    super(why.code);
    this.why = why;
  }
}
