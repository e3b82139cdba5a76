import { createReadStream } from 'node:fs';
import { access, constants, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Clock } from '../host/host.ts';
import { findProgram } from '../host/programs.ts';
import { type Ended, problemOf, runAs } from '../host/run-as.ts';
import { EtcdError, type Patience, RefusedByAuthentication } from './etcd.ts';
import { codeFor, isAuthenticationRefusal } from './gateway-error.ts';

/** What etcdctl needs on this node to administer etcd while its authentication is on. */
interface EtcdctlPlace {
  /** The folders that may hold etcdctl, as in the environment's PATH. */
  readonly path: string;
  /** PEM bundle of the client CA. */
  readonly trustFile: string;
  /** Certificate and key of Picket's etcd user. Only root reads it: it is equivalent to etcd's root. */
  readonly credentialFile: string;
  /** Where a snapshot is kept while it is sent. */
  readonly snapshotFile: string;
  readonly clock: Pick<Clock, 'monotonic'>;
}

interface RunOptions extends Pick<Patience, 'deadlineMs'> {
  readonly signal?: AbortSignal | undefined;
  /** Certificate and key of another etcd user; by default those of Picket's. */
  readonly as?: string;
}

export type Etcdctl = ReturnType<typeof etcdctl>;

/** Runs the etcdctl of this machine with the certificate of Picket's etcd user, which it reads from the disk each time. */
export function etcdctl({ path, trustFile, credentialFile, snapshotFile, clock }: EtcdctlPlace) {
  async function found(): Promise<{ readonly program: string } | Reason> {
    if (!(await isReadable(credentialFile))) return reason('admin_certificate_missing');
    const program = await findProgram('etcdctl', path);
    return program === null ? reason('etcdctl_missing') : { program };
  }

  return {
    /** Why it cannot run here: the certificate or etcdctl is missing. null if it can. */
    async obstacle(): Promise<Reason | null> {
      const there = await found();
      return 'program' in there ? null : there;
    },
    /**
     * Runs one command against this member. Resolves to what it printed. Throws EtcdError, RefusedByAuthentication if the
     * certificate or etcdctl is missing, and the signal's reason.
     *
     * @param patience `deadlineMs`: until etcdctl is killed
     */
    async run(
      clientUrl: string,
      args: readonly string[],
      { deadlineMs, signal, as = credentialFile }: RunOptions,
    ): Promise<string> {
      const there = await found();
      if (!('program' in there)) throw new RefusedByAuthentication(there);
      const { program } = there;
      const own = [`--cacert=${trustFile}`, `--cert=${as}`, `--key=${as}`];
      const all = [`--endpoints=${clientUrl}`, ...own, '--dial-timeout=2s', ...args];
      const ended = await runAs(program, all, { owner: null, patienceMs: deadlineMs, signal });
      signal?.throwIfAborted();
      if (ended.error !== null) throw etcdctlError(ended, deadlineMs);
      return ended.stdout;
    },
    snapshotFile,
    clock,
  };
}

async function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}

const unknown = 2;
const deadlineExceeded = 4;

/** The gRPC codes by the names that Go gives them. */
const codes: Readonly<Record<string, number>> = {
  InvalidArgument: 3,
  DeadlineExceeded: deadlineExceeded,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  OutOfRange: 11,
  Unavailable: 14,
  Unauthenticated: 16,
};

/**
 * Why etcdctl failed. Its client logs `rpc error: code = NAME desc = WORDS` as JSON on stderr; its last line has only the
 * words.
 */
function etcdctlError(ended: Ended, deadlineMs: number): EtcdError {
  if (ended.error?.killed === true)
    return new EtcdError(deadlineExceeded, `etcdctl gave no answer within ${deadlineMs} ms; etcd may have no leader`);
  const logged = [...ended.stderr.matchAll(/rpc error: code = (\w+) desc = ((?:[^"\\)]|\\.)*)/g)].at(-1);
  const words = (logged?.[2] ?? problemOf(ended).replace(/^Error: /, '')).trim().slice(0, 1000);
  if (isAuthenticationRefusal(words)) return new RefusedByAuthentication(reason('etcd_user_refused', { words }));
  const code = codes[logged?.[1] ?? ''] ?? (words.includes('context deadline exceeded') ? deadlineExceeded : unknown);
  return new EtcdError(codeFor(code, words), words);
}

const resourceExhausted = 8;
/** What a snapshot leaves free on the disk: etcd's next two segments of its log. */
const reserveBytes = 128 * 1024 * 1024;
/** The caller ends a snapshot that takes too long. */
const patienceMs = 24 * 3600 * 1000;

/**
 * Takes a snapshot with etcdctl, which can only write a file, and yields it. The file is removed afterwards. Throws EtcdError, for
 * example if the disk has no room for the file beside etcd's log. If the signal ends it, throws the signal's reason.
 *
 * @param bytes the size of the database
 */
export async function* etcdctlSnapshot(
  { run, snapshotFile }: Etcdctl,
  clientUrl: string,
  bytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const { bavail, bsize } = await statfs(dirname(snapshotFile));
  if (bavail * bsize < bytes + reserveBytes) {
    const mebibytes = Math.ceil((bytes + reserveBytes) / 1024 / 1024);
    const where = dirname(snapshotFile);
    throw new EtcdError(
      resourceExhausted,
      `while etcd's authentication is on, a snapshot needs ${mebibytes} MiB of free disk in ${where}`,
    );
  }
  try {
    await run(clientUrl, ['snapshot', 'save', snapshotFile], { deadlineMs: patienceMs, signal });
    yield* createReadStream(snapshotFile, { signal });
  } finally {
    for (const file of [snapshotFile, `${snapshotFile}.part`]) await rm(file, { force: true });
  }
}
