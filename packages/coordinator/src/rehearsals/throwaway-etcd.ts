import { readLog } from '@picket/shared/etcd-log/read-log.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { type BoundedProgram, boundedProgram } from './bounded-program.ts';
import { errorLines, lastWords } from './last-words.ts';
import { type Ask, openSocket } from './socket-request.ts';

/** What a restored etcd holds. */
export interface RestoredData {
  readonly revision: number;
  /** null if this version of etcd does not say it. */
  readonly keys: number | null;
  /** etcd's hash of the keys and values at that revision; null if etcd's authentication is on. */
  readonly hash: number | null;
}

/** How long one answer may take: a hash reads the whole database. */
const answerMs = 600_000;
const everyMs = 100;
/** Sockets in the folder of the rehearsal, which only this user and root can open: no port, and no certificate. */
const [peerSocket, clientSocket] = ['localhost:1', 'localhost:2'];
const [peerUrl, clientUrl] = [`unix://${peerSocket}`, `unix://${clientSocket}`];
const dataDir = 'data';
const name = 'rehearsal';
const asMember = ['--name', name, '--data-dir', dataDir, '--initial-cluster', `${name}=${peerUrl}`];

/** Makes a data directory of a snapshot in this folder. */
export function restoreInto(folder: string, etcdutl: string, snapshot: string): BoundedProgram {
  const args = ['snapshot', 'restore', snapshot, ...asMember, '--initial-advertise-peer-urls', peerUrl];
  return boundedProgram(etcdutl, args, folder);
}

/** Starts etcd with the data directory in this folder. It reaches nobody, and nobody else's user reaches it. */
export function startEtcd(folder: string, etcd: string): BoundedProgram {
  const args = [
    ...asMember,
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
    // A full database must not keep it from starting. Nobody needs its data after a power cut.
    ...['--quota-backend-bytes', '-1', '--unsafe-no-fsync', '--log-level', 'warn'],
  ];
  return boundedProgram(etcd, args, folder);
}

/**
 * Waits until etcd answers a linearizable read, and asks what it holds. Resolves to the reason if it ends before that or says no revision;
 * waits without end otherwise, so the caller stops it after a while.
 */
export async function dataOf(folder: string, etcd: BoundedProgram): Promise<RestoredData | Reason> {
  const { ask, close } = await openSocket(folder, clientSocket, answerMs);
  try {
    let over: Reason | null = null;
    const ended = etcd.ended.then(({ said }) => {
      over = whyItEnded(said);
    });
    while (over === null && !(await isReady(ask))) await Promise.race([ended, pause(everyMs)]);
    if (over !== null) return over;
    const metrics = (await ask('/metrics')).text;
    const revision = gaugeIn(metrics, 'etcd_debugging_mvcc_current_revision');
    if (revision === null) return reason('etcd_last_said', { said: 'no revision among its metrics' });
    return { revision, keys: gaugeIn(metrics, 'etcd_debugging_mvcc_keys_total'), hash: await hashBy(ask) };
  } catch (error) {
    // It has ended, or was stopped, while it was asked.
    const { said } = await etcd.stop();
    return said.length > 0 ? whyItEnded(said) : reason('etcd_last_said', { said: (error as Error).message });
  } finally {
    await close();
  }
}

async function isReady(ask: Ask): Promise<boolean> {
  return ask('/readyz').then(
    ({ status }) => status === 200,
    () => false,
  );
}

/** In etcd's words, if its log shows none of the deaths that Picket knows. */
function whyItEnded(said: readonly string[]): Reason {
  const [known] = readLog(errorLines(said));
  return known?.reason ?? reason('etcd_last_said', { said: lastWords(said) });
}

/** These metrics need no identity, unlike a count of the keys while etcd's authentication is on. Pure. */
export function gaugeIn(metrics: string, family: string): number | null {
  const line = metrics.split('\n').find((one) => one.startsWith(`${family} `));
  const value = Number(line?.slice(family.length + 1));
  return line !== undefined && Number.isSafeInteger(value) ? value : null;
}

async function hashBy(ask: Ask): Promise<number | null> {
  const { status, text } = await ask('/v3/maintenance/hashkv', '{}');
  if (status !== 200) return null;
  const { hash } = JSON.parse(text) as { readonly hash?: unknown };
  return typeof hash === 'number' ? hash : null;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
