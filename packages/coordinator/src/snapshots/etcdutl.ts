import { execFile } from 'node:child_process';
import { constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { lineInWords } from '@picket/shared/etcd-log/line-in-words.ts';
import type { FastifyBaseLogger } from 'fastify';
import { exists } from '../files/exists.ts';

/** What etcdutl reads from a snapshot. */
export interface SnapshotStatus {
  readonly revision: number;
  readonly totalKeys: number;
}

/**
 * Reads all of a snapshot, as a database. Throws `snapshot_damaged` for a snapshot that it cannot read. null if etcdutl
 * is missing or did not finish, which says nothing about the snapshot.
 */
export type ReadStatus = (id: string, path: string) => Promise<SnapshotStatus | null>;

/** A database of gigabytes on an SD card takes minutes. */
const patienceMs = 1_800_000;

/** `etcdutl snapshot status` with the program that `find` names for a file; null if it names none. */
export function etcdutlStatus(
  find: (path: string) => Promise<string | null>,
  log: Pick<FastifyBaseLogger, 'warn'>,
): ReadStatus {
  return async (id, path) => {
    const etcdutl = await find(path);
    if (etcdutl === null) return null;
    return new Promise((done, fail) => {
      const args = ['snapshot', 'status', path, '--write-out', 'json'];
      // Nothing of this process's own environment (R11).
      const options = { env: {}, timeout: patienceMs, maxBuffer: 1024 * 1024, encoding: 'utf8' } as const;
      execFile(etcdutl, args, options, (error, stdout, stderr) => {
        const refuse = (problem: string) => fail(failure('snapshot_damaged', { id, problem }, { cause: error }));
        // Only its own exit is a verdict: not a missing program, nor one without enough memory or time.
        if (error !== null && typeof error.code !== 'number') {
          log.warn(
            { id, problem: error.message },
            'etcdutl could not finish reading a snapshot; only its hash and structure were checked',
          );
          return done(null);
        }
        if (error !== null) return refuse(`etcdutl cannot read it: ${lastWords(stderr) || error.message}`);
        const status = parsed(stdout);
        return status === null ? refuse('etcdutl does not print its revision and its keys') : done(status);
      });
    });
  };
}

/** The configured one, else the first on the path; null if there is none. */
export async function findEtcdutl(configured: string | undefined, path: string): Promise<string | null> {
  if (configured !== undefined) return configured;
  for (const folder of path.split(delimiter)) {
    if (!folder.startsWith('/')) continue;
    const candidate = join(folder, 'etcdutl');
    if (await exists(candidate, constants.X_OK)) return candidate;
  }
  return null;
}

function parsed(text: string): SnapshotStatus | null {
  try {
    const { revision, totalKey } = JSON.parse(text) as { revision?: unknown; totalKey?: unknown };
    if (!Number.isSafeInteger(revision) || !Number.isSafeInteger(totalKey)) return null;
    return { revision: revision as number, totalKeys: totalKey as number };
  } catch {
    return null;
  }
}

/** Its last line, or that of a panic, after which comes a trace. */
function lastWords(text: string): string {
  const lines = text.trim().split('\n');
  const last = lines.find((line) => line.startsWith('panic: ')) ?? lines.at(-1) ?? '';
  return lineInWords(last).text.slice(0, 300);
}
