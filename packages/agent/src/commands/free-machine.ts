import { machineReadings } from '../host/machine.ts';
import type { Identity } from '../identity/identity-store.ts';
import { nodeRoleOf } from '../identity/node-record.ts';
import { openJournal } from '../journal/journal-store.ts';
import { markClientFiles } from '../leaving/client-files.ts';
import { sureTime, tendFormerData, warnOfFormerData } from '../leaving/former-data.ts';
import { readLeftRecord } from '../leaving/left-record.ts';
import { removeLeftFiles } from '../leaving/leftovers.ts';
import { finishLettingGo, letGo } from '../leaving/let-go.ts';
import { clockDoubt } from '../model/clock-doubt.ts';
import type { Log } from '../program/log.ts';
import type { AgentIo } from './io.ts';
import type { Setting } from './setting.ts';

const joinTickMs = 2000;
const tendEveryMs = 3600 * 1000;

/** Removes what a crash has left of a node that this machine was. */
export function cleanUp(io: AgentIo, { host, paths }: Setting): Promise<void> {
  return finishLettingGo({ files: host.files, stateDir: paths.stateDir, failpoint: io.failpoint });
}

/** Makes this machine free, after its node was evicted and its etcd is gone. */
export async function becomeFree(io: AgentIo, setting: Setting, { node }: Identity, log: Log): Promise<void> {
  const { host, paths } = setting;
  const { files, clock } = host;
  const { nodeId, cluster, coordinator } = node;
  const journal = (await openJournal(files, paths.stateDir)).current();
  const { kind, name } = nodeRoleOf(node);
  // A client has the certificate in use that its node holds; it works until it ends.
  if (kind === 'member') await removeLeftFiles(files, paths, journal);
  const at = Math.floor(Math.max(clock.now(), journal.clockFloor, io.buildTime));
  const left = { nodeId, cluster, kind, name, coordinator, at };
  // Before it has applied a desired state, none of these files is its own (R13).
  const wrote = kind === 'client' && journal.generationApplied > 0;
  const marked = wrote ? { ...left, files: await markClientFiles(files, paths) } : left;
  await letGo({ files, stateDir: paths.stateDir, failpoint: io.failpoint }, marked, Object.keys(journal.incarnations));
  log.info(left, 'this machine has left its cluster, and is free to join again');
}

/**
 * Waits on a free machine until it has joined again, and meanwhile deletes former data in time. null if the agent is to
 * stop.
 */
export async function awaitJoin(io: AgentIo, setting: Setting, log: Log): Promise<Identity | null> {
  const { store } = setting;
  const { clock } = setting.host;
  let tendAt = clock.monotonic();
  log.info({}, 'this machine is free: the agent waits until it joins');
  while (!io.signal.aborted) {
    const identity = await store.loadWhole();
    if (identity !== null) return identity;
    if (clock.monotonic() >= tendAt) {
      tendAt = clock.monotonic() + tendEveryMs;
      const failed = warnOfFormerData(log);
      await tendFormer(io, setting, failed).catch(failed);
    }
    await clock.sleep(joinTickMs, io.signal);
  }
  return null;
}

async function tendFormer(
  { buildTime }: AgentIo,
  { host: { files, clock }, paths }: Setting,
  failed: (error: unknown) => void,
): Promise<void> {
  const record = await readLeftRecord(files, paths.stateDir);
  const situation = async () => {
    const now = clock.now();
    const floor = record.left?.at ?? 0;
    const doubt = clockDoubt({ now, monotonic: clock.monotonic(), buildTime, floor, coordinator: null });
    const disk = await machineReadings().disk(paths.stateDir);
    return { now: sureTime(record, now, doubt), freeBytes: disk?.freeBytes ?? null };
  };
  await tendFormerData(files, paths.stateDir, situation, failed);
}
