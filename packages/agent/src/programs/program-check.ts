import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '@picket/shared/errors.ts';
import type { ProgramOrder, ReleaseProgram } from '@picket/shared/protocol/releases.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import type { Clock, Owner } from '../host/host.ts';
import { type Program, programFolder, programOf } from '../model/program.ts';
import { exposedFolder } from './exposed-folder.ts';
import { hashOf, programObstacle } from './fetch-program.ts';

export type ProgramCheck = ReturnType<typeof programCheck>;

interface CheckDeps {
  readonly stateDir: string;
  /** etcd's user; null: the user that runs the agent. */
  readonly owner: Owner | null;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The version that an etcd prints if etcd's user runs it. Throws `etcd_unusable`. */
  readonly askVersion: (binary: string) => Promise<string>;
}

/** How long a release that could not be run is not asked again, in milliseconds: the cause may not be in its file. */
const askAgainMs = 60_000;

/**
 * Whether a release can be started on this node: each program is whole by its hash, nobody else can replace one, and its etcd has
 * printed its version. Changes nothing, and reads a file again only after it has changed.
 */
export function programCheck({ stateDir, owner, clock, askVersion }: CheckDeps) {
  /** Files whose hash held, by path, with what would change with their content. */
  const whole = new Map<string, string>();
  let asked: { readonly stamp: string; readonly why: AnyReason | null; readonly at: number } | null = null;

  async function isWhole(path: string, sha256: string): Promise<boolean> {
    const stamp = await stampOf(path);
    if (stamp === null) return false;
    if (whole.get(path) === stamp) return true;
    if ((await hashOf(path)) !== sha256) return false;
    // A node has a few releases at a time.
    if (whole.size >= 20) whole.clear();
    whole.set(path, stamp);
    return true;
  }

  async function lacking({ programs }: ProgramOrder, folder: string): Promise<readonly ReleaseProgram[]> {
    const found: ReleaseProgram[] = [];
    for (const one of programs ?? []) if (!(await isWhole(join(folder, one.name), one.sha256))) found.push(one);
    return found;
  }

  /** Why its etcd does not run here; null if it does. */
  async function unfit(program: Program): Promise<AnyReason | null> {
    const binary = join(programFolder(stateDir, program), 'etcd');
    const stamp = `${binary} ${await stampOf(binary)}`;
    const { version } = program;
    const isFresh = asked?.stamp === stamp && (asked.why === null || clock.monotonic() - asked.at < askAgainMs);
    if (asked !== null && isFresh) return asked.why;
    const why = await askVersion(binary).then(
      (said) => (said === version ? null : reason('release_of_other_version', { version, said })),
      (error: unknown) => reason('release_unfit', { version, why: reasonOf(error) }),
    );
    asked = { stamp, why, at: clock.monotonic() };
    return why;
  }

  return {
    /** Why it cannot be started here; null if it can, or none is wanted. `toFetch`: some of it is missing. */
    async look(
      order: ProgramOrder | undefined,
    ): Promise<{ readonly why: AnyReason | null; readonly toFetch: boolean }> {
      if (order === undefined) return { why: null, toFetch: false };
      const { version } = order;
      const program = programOf(order);
      if (program === null) return { why: reason('release_not_in_store', { version }), toFetch: false };
      const obstacle = await programObstacle(stateDir, owner);
      if (obstacle !== null) return { why: obstacle, toFetch: false };
      const folder = programFolder(stateDir, program);
      if ((await lacking(order, folder)).length > 0)
        return { why: reason('release_to_fetch', { version }), toFetch: true };
      const exposed = await exposedFolder(folder);
      if (exposed !== null) return { why: reason('release_folder_exposed', exposed), toFetch: false };
      return { why: await unfit(program), toFetch: false };
    },
    /** The programs of this release that are not whole in this folder. */
    lacking,
    /** Whether this release could be fetched for this node, and some of it is missing. Starts nothing. */
    async isMissing(order: ProgramOrder | undefined): Promise<boolean> {
      const program = order === undefined ? null : programOf(order);
      if (order === undefined || program === null) return false;
      if ((await programObstacle(stateDir, owner)) !== null) return false;
      return (await lacking(order, programFolder(stateDir, program))).length > 0;
    },
  };
}

async function stampOf(path: string): Promise<string | null> {
  const facts = await stat(path).catch(() => null);
  return facts === null ? null : [facts.ino, facts.size, facts.mtimeMs, facts.ctimeMs, facts.mode].join(' ');
}
