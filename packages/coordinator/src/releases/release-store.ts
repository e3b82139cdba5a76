import { chmod, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { oneAtATime } from '@picket/shared/one-at-a-time.ts';
import { parsedAs } from '@picket/shared/protocol/check.ts';
import {
  type Architecture,
  mostToolBytes,
  type ReleaseAdd,
  ReleaseView,
  releasePartBytes,
  type ToolOrder,
} from '@picket/shared/protocol/releases.ts';
import { putInPlace, syncToDisk } from '@picket/shared/whole-file.ts';
import { measure } from '../files/measure.ts';
import { readPart } from '../files/read-part.ts';
import { makePrivateDirectory, writeWholeFile } from '../files/whole-file.ts';
import { judgeEtcdutl } from './judge-etcdutl.ts';
import { takeOutEtcdutl } from './take-out-etcdutl.ts';
import { type UploadsDeps, uploads } from './uploads.ts';

/** The etcdutls for nodes that have none installed, on this machine's disk, by their SHA-256. */
export type ReleaseStore = Awaited<ReturnType<typeof openReleaseStore>>;

export interface ReleaseStoreDeps extends UploadsDeps {
  readonly now: () => number;
}

/** Enough for two architectures and four versions. */
export const mostReleases = 8;
const recordSuffix = '.json';
const programSuffix = '.etcdutl';

/** Opens the store, and removes incomplete files. */
export async function openReleaseStore(deps: ReleaseStoreDeps) {
  const { folder, now } = deps;
  await makePrivateDirectory(folder);
  const kept = await readRecords(folder);
  const incoming = uploads(deps);
  const pathOf = (sha256: string) => join(folder, `${sha256}${programSuffix}`);
  const inTurn = oneAtATime();

  const list = () => [...kept.values()].sort((one, other) => (one.addedAt < other.addedAt ? -1 : 1));

  function find(sha256: string): ReleaseView {
    const release = kept.get(sha256);
    if (release === undefined) throw failure('not_found', { what: 'release', name: sha256 });
    return release;
  }

  async function takeIn(path: string, sha256: string, { name, architecture }: ReleaseAdd): Promise<ReleaseView> {
    const refuse = (problem: string, cause?: unknown) => failure('release_refused', { name, problem }, { cause });
    const beside = `${path}${programSuffix}`;
    await rm(beside, { force: true });
    try {
      const entry = await takeOutEtcdutl(path, beside, refuse);
      const { bytes: sizeBytes, sha256: own } = await measure(beside);
      if (sizeBytes > mostToolBytes) throw refuse(`it has more than ${mostToolBytes} bytes`);
      const facts = await judgeEtcdutl(beside, [...(entry === null ? [] : [entry]), name], refuse);
      if (architecture !== undefined && architecture !== facts.architecture) {
        throw refuse(`it is for ${facts.architecture}, but ${architecture} was requested`);
      }
      const known = kept.get(own);
      if (known !== undefined) return known;
      if (kept.size >= mostReleases) throw failure('release_store_full', { most: mostReleases });
      const addedAt = isoTime(now());
      const release: ReleaseView = { sha256: own, sizeBytes, ...facts, addedAt, file: { name, sha256 } };
      await place(beside, release);
      return release;
    } finally {
      await rm(beside, { force: true });
    }
  }

  /** Writes the record last: opening the store removes a program without one. */
  async function place(beside: string, release: ReleaseView): Promise<void> {
    await chmod(beside, 0o755);
    await syncToDisk(beside);
    await putInPlace(beside, pathOf(release.sha256));
    await writeWholeFile({ path: recordOf(folder, release.sha256), content: `${JSON.stringify(release, null, 2)}\n` });
    kept.set(release.sha256, release);
  }

  return {
    /** The one that was added last comes last. */
    list,
    /** The etcdutl for a node of this architecture that runs this etcd; null if there is none. */
    toolFor(architecture: Architecture | null, etcdVersion: string | null): ToolOrder | null {
      const chosen = chooseTool(list(), architecture, etcdVersion);
      return chosen === null ? null : { sha256: chosen.sha256, sizeBytes: chosen.sizeBytes };
    },
    /** The path of the etcdutl for this architecture; null if there is none. */
    pathFor(architecture: Architecture | null): string | null {
      const chosen = chooseTool(list(), architecture, null);
      return chosen === null ? null : pathOf(chosen.sha256);
    },
    append: incoming.append,
    /**
     * Stores the etcdutl of an uploaded file, whole and on the disk (R9). If the store has that etcdutl already,
     * returns its record. Throws `release_refused`, `release_store_full`, `release_part_misplaced`.
     */
    add: (sha256: string, request: ReleaseAdd) =>
      incoming.finish(sha256, request.name, (path) => inTurn(() => takeIn(path, sha256, request))),
    /** Throws `not_found`. */
    remove: (sha256: string) =>
      inTurn(async () => {
        const release = find(sha256);
        await rm(recordOf(folder, sha256), { force: true });
        kept.delete(sha256);
        await rm(pathOf(sha256), { force: true });
        await syncToDisk(folder);
        return release;
      }),
    /** A part of one, empty at its end. Throws `not_found`. */
    async read(sha256: string, offset: number): Promise<Buffer> {
      find(sha256);
      return readPart(pathOf(sha256), offset, releasePartBytes);
    },
    tidy: incoming.tidy,
    close: incoming.close,
  };
}

/**
 * The etcdutl for a node of this architecture; null if there is none. Prefers one of the minor version of the node's
 * etcd, then one that was added later.
 */
function chooseTool(
  releases: readonly ReleaseView[],
  architecture: Architecture | null,
  etcdVersion: string | null,
): ReleaseView | null {
  const fits = releases.filter((release) => release.architecture === architecture);
  const isSameMinor = ({ version }: ReleaseView) =>
    version !== null && etcdVersion !== null && minorOf(version) === minorOf(etcdVersion);
  const rank = (release: ReleaseView) => `${isSameMinor(release) ? 1 : 0} ${release.addedAt} ${release.sha256}`;
  return fits.sort((one, other) => (rank(one) < rank(other) ? 1 : -1))[0] ?? null;
}

function recordOf(folder: string, sha256: string): string {
  return join(folder, `${sha256}${recordSuffix}`);
}

/** Reads the records of existing programs, and removes all other files: a coordinator ended before they were whole. */
async function readRecords(folder: string): Promise<Map<string, ReleaseView>> {
  const kept = new Map<string, ReleaseView>();
  const names = await readdir(folder);
  for (const name of names.filter((one) => one.endsWith(recordSuffix))) {
    const release = await readRecord(join(folder, name));
    const program = await stat(join(folder, `${release?.sha256}${programSuffix}`)).catch(() => null);
    if (release !== null && program?.size === release.sizeBytes) kept.set(release.sha256, release);
  }
  const whole = new Set(
    [...kept.keys()].flatMap((sha256) => [`${sha256}${recordSuffix}`, `${sha256}${programSuffix}`]),
  );
  for (const name of names) if (!whole.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  return kept;
}

async function readRecord(path: string): Promise<ReleaseView | null> {
  return parsedAs(ReleaseView, await readFile(path, 'utf8').catch(() => ''));
}
