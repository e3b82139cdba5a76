import { chmod, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { oneAtATime } from '@picket/shared/one-at-a-time.ts';
import { parsedAs } from '@picket/shared/protocol/check.ts';
import {
  type Architecture,
  programNames,
  type ReleaseAdd,
  type ReleaseProgram,
  ReleaseView,
  releasePartBytes,
  type ToolOrder,
} from '@picket/shared/protocol/releases.ts';
import { putInPlace, syncToDisk } from '@picket/shared/whole-file.ts';
import { freeBytesOf } from '../files/disk-room.ts';
import { readPart } from '../files/read-part.ts';
import { makePrivateDirectory, writeWholeFile } from '../files/whole-file.ts';
import { toolRank } from '../model/snapshot-formats.ts';
import type { Given } from './given-etcds.ts';
import { type JudgedProgram, judgeProgram, versionIn } from './judge-program.ts';
import { releaseOf } from './release-of.ts';
import { takeOutPrograms } from './take-out-programs.ts';
import { type UploadsDeps, uploads } from './uploads.ts';

/** etcd's releases for nodes, on this machine's disk: each with its programs, by the SHA-256 of its file. */
export type ReleaseStore = Awaited<ReturnType<typeof openReleaseStore>>;

export interface ReleaseStoreDeps extends UploadsDeps {
  readonly now: () => number;
  /** The etcd that a cluster was given as this version, and which cluster; null if none was. */
  readonly given?: (architecture: Architecture, version: string) => Given | null;
}

/**
 * Each cluster may want one release and be on its way from another, each for two architectures. The disk's reserve is the usual limit: a
 * release takes about 60 MB.
 */
export const mostReleases = 32;
const recordSuffix = '.json';
const programSuffix = '.program';
const unpackedMark = '.unpacked-';

/** Opens the store, and removes incomplete files. */
export async function openReleaseStore(deps: ReleaseStoreDeps) {
  const { folder, now, freeBytes = freeBytesOf, given = () => null } = deps;
  await makePrivateDirectory(folder);
  const kept = await readRecords(folder);
  const incoming = uploads(deps);
  const pathOf = (sha256: string) => join(folder, `${sha256}${programSuffix}`);
  const inTurn = oneAtATime();

  /** Of releases that are being removed. */
  const leaving = new Set<string>();

  const list = () => [...kept.values()].sort((one, other) => (one.addedAt < other.addedAt ? -1 : 1));

  function find(sha256: string): ReleaseView {
    const release = kept.get(sha256);
    if (release === undefined) throw failure('not_found', { what: 'release', name: sha256 });
    return release;
  }

  async function takeIn(path: string, sha256: string, { name, architecture }: ReleaseAdd): Promise<ReleaseView> {
    const known = kept.get(sha256);
    if (known !== undefined) return known;
    if (kept.size >= mostReleases) throw failure('release_store_full', { most: mostReleases });
    const refuse = (problem: string, cause?: unknown) => failure('release_refused', { name, problem }, { cause });
    await removeUnpacked();
    try {
      const prefix = `${path}${unpackedMark}`;
      const taken = await takeOutPrograms(path, { prefix, folder, freeBytes, refuse });
      const judged = await Promise.all(taken.map((one) => judgeProgram(one, refuse)));
      const { architecture: found, version } = common(judged, architecture, refuse);
      const programs = judged.map(({ name, sha256, sizeBytes }) => ({ name, sha256, sizeBytes }));
      const about = { architecture: found, version: version ?? versionIn(name) };
      const release: ReleaseView = { sha256, name, ...about, programs, addedAt: isoTime(now()) };
      requireOneOfVersion(list(), release, given);
      await place(judged, release);
      return release;
    } finally {
      await removeUnpacked();
    }
  }

  async function removeUnpacked(): Promise<void> {
    const names = await readdir(folder);
    for (const one of names.filter((name) => name.includes(unpackedMark))) await rm(join(folder, one), { force: true });
  }

  /** Writes the record last: opening the store removes a program without one. */
  async function place(programs: readonly JudgedProgram[], release: ReleaseView): Promise<void> {
    for (const { path, sha256 } of programs) {
      await chmod(path, 0o755);
      await syncToDisk(path);
      await putInPlace(path, pathOf(sha256));
    }
    await writeWholeFile({ path: recordOf(folder, release.sha256), content: `${JSON.stringify(release, null, 2)}\n` });
    kept.set(release.sha256, release);
  }

  return {
    /** The one that was added last comes last. */
    list,
    /** The same without those that are being removed: no cluster may begin to want one of these. */
    available: () => list().filter(({ sha256 }) => !leaving.has(sha256)),
    /** What a node of this architecture that runs this etcd restores with; null if there is nothing. */
    toolFor(architecture: Architecture | null, etcdVersion: string | null): ToolOrder | null {
      const chosen = chooseTool(list(), architecture, etcdVersion);
      return chosen === null ? null : { sha256: chosen.sha256, sizeBytes: chosen.sizeBytes };
    },
    /** The path of the same for data of this minor version of etcd; null if there is none. */
    pathFor(architecture: Architecture | null, format: string | null): string | null {
      const chosen = chooseTool(list(), architecture, format);
      return chosen === null ? null : pathOf(chosen.sha256);
    },
    /**
     * What a node of this architecture runs if its cluster wants this version: etcd first. null if no archive of that version is
     * kept for it.
     */
    programsFor(architecture: Architecture | null, version: string): ReleaseProgram[] | null {
      const found = releaseOf(list(), architecture, version);
      if (found === null) return null;
      const rank = ({ name }: ReleaseProgram) => programNames.indexOf(name);
      return found.programs.toSorted((one, other) => rank(one) - rank(other));
    },
    /** The etcd and the etcdutl of each release for this architecture that has both, by their paths, the newest first. */
    pairsFor(architecture: Architecture | null) {
      const fits = list().filter((release) => release.architecture === architecture);
      return fits.reverse().flatMap(({ version, programs }) => {
        const named = (wanted: string) => programs.find(({ name }) => name === wanted)?.sha256;
        const [etcd, etcdutl] = [named('etcd'), named('etcdutl')];
        if (version === null || etcd === undefined || etcdutl === undefined) return [];
        return [{ version, etcd: pathOf(etcd), etcdutl: pathOf(etcdutl) }];
      });
    },
    append: incoming.append,
    abandon: incoming.abandon,
    /**
     * Stores the programs of an uploaded file, whole and on the disk (R9). If the store has that file already, returns its
     * record. Throws `release_refused`, `release_store_full`, `release_version_kept`, `release_version_given`, `release_part_misplaced`, `release_no_room`.
     */
    add: (sha256: string, request: ReleaseAdd) =>
      incoming.finish(sha256, request.name, (path) => inTurn(() => takeIn(path, sha256, request))),
    /** Throws `not_found`, and what `requireUnused` throws. */
    remove: (sha256: string, requireUnused: (release: ReleaseView) => Promise<void> = async () => undefined) =>
      inTurn(async () => {
        const release = find(sha256);
        leaving.add(sha256);
        try {
          await requireUnused(release);
          await rm(recordOf(folder, sha256), { force: true });
          kept.delete(sha256);
        } finally {
          leaving.delete(sha256);
        }
        const others = new Set(list().flatMap(({ programs }) => programs.map((program) => program.sha256)));
        for (const program of release.programs)
          if (!others.has(program.sha256)) await rm(pathOf(program.sha256), { force: true });
        await syncToDisk(folder);
        return release;
      }),
    /** A part of the program with this hash, empty at its end. Throws `not_found`. */
    async read(sha256: string, offset: number): Promise<Buffer> {
      const isKept = list().some(({ programs }) => programs.some((program) => program.sha256 === sha256));
      if (!isKept) throw failure('not_found', { what: 'program', name: sha256 });
      return readPart(pathOf(sha256), offset, releasePartBytes);
    },
    tidy: incoming.tidy,
    close: incoming.close,
  };
}

/**
 * A second etcd of one version would reach every member that runs the first, all at once (R6), also if the store has lost the first.
 * Throws `release_version_kept`, `release_version_given`.
 */
function requireOneOfVersion(
  kept: readonly ReleaseView[],
  { architecture, version, programs }: ReleaseView,
  givenAs: NonNullable<ReleaseStoreDeps['given']>,
): void {
  const etcd = programs.find(({ name }) => name === 'etcd');
  if (version === null || etcd === undefined) return;
  const other = releaseOf(kept, architecture, version);
  if (other !== null && !hasProgram(other, etcd.sha256))
    throw failure('release_version_kept', { version, architecture, other: other.sha256 });
  const given = givenAs(architecture, version);
  if (given !== null && given.sha256 !== etcd.sha256)
    throw failure('release_version_given', { version, architecture, cluster: given.cluster, given: given.sha256 });
}

function hasProgram({ programs }: ReleaseView, wanted: string): boolean {
  return programs.some(({ sha256 }) => sha256 === wanted);
}

/** What all programs of a release have in common. */
function common(
  programs: readonly JudgedProgram[],
  wanted: Architecture | undefined,
  refuse: (problem: string) => Error,
): { readonly architecture: Architecture; readonly version: string | null } {
  const [first] = programs;
  if (first === undefined) throw refuse('it holds no program');
  const { architecture } = first;
  if (programs.some((one) => one.architecture !== architecture))
    throw refuse('its programs are for different machines');
  if (wanted !== undefined && wanted !== architecture)
    throw refuse(`it is for ${architecture}, but ${wanted} was requested`);
  const versions = new Set(programs.flatMap(({ version }) => version ?? []));
  if (versions.size > 1) throw refuse(`its programs are of different versions (${[...versions].join(', ')})`);
  return { architecture, version: [...versions][0] ?? null };
}

/**
 * The program that a node of this architecture restores with; null if there is none. Prefers one of the minor version of the
 * node's etcd, then one of a version that was tried, then one that was added later.
 */
function chooseTool(
  releases: readonly ReleaseView[],
  architecture: Architecture | null,
  etcdVersion: string | null,
): ReleaseProgram | null {
  const fits = releases.filter((release) => release.architecture === architecture);
  const rank = (release: ReleaseView) =>
    `${toolRank(release.version, etcdVersion)} ${release.addedAt} ${release.sha256}`;
  const [chosen] = fits.sort((one, other) => (rank(one) < rank(other) ? 1 : -1));
  // A lone etcdctl can restore, or was refused.
  return chosen?.programs.find(({ name }) => name === 'etcdutl') ?? chosen?.programs[0] ?? null;
}

function recordOf(folder: string, sha256: string): string {
  return join(folder, `${sha256}${recordSuffix}`);
}

/** Reads the records of existing programs, and removes all other files: a coordinator ended before they were whole. */
async function readRecords(folder: string): Promise<Map<string, ReleaseView>> {
  const kept = new Map<string, ReleaseView>();
  const names = await readdir(folder);
  const sizes = new Map<string, number>();
  for (const name of names) sizes.set(name, (await stat(join(folder, name))).size);
  for (const name of names.filter((one) => one.endsWith(recordSuffix))) {
    const release = await readRecord(join(folder, name));
    const isWhole = release?.programs.every(
      ({ sha256, sizeBytes }) => sizes.get(`${sha256}${programSuffix}`) === sizeBytes,
    );
    if (release !== null && isWhole === true) kept.set(release.sha256, release);
  }
  const whole = new Set(
    [...kept.values()].flatMap(({ sha256, programs }) => [
      `${sha256}${recordSuffix}`,
      ...programs.map((program) => `${program.sha256}${programSuffix}`),
    ]),
  );
  for (const name of names) if (!whole.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  return kept;
}

async function readRecord(path: string): Promise<ReleaseView | null> {
  return parsedAs(ReleaseView, await readFile(path, 'utf8').catch(() => ''));
}
