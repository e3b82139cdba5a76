import { PicketError } from '@picket/shared/errors.ts';
import { messageOf } from '@picket/shared/problems.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { HostFiles } from '../host/host.ts';
import type { Log } from '../program/log.ts';
import { changeLeftRecord, type FormerData, formerFolder, type LeftRecord, readLeftRecord } from './left-record.ts';

const day = 24 * 3600 * 1000;

/** For so long, in milliseconds, the data of an incarnation stays after its machine has left the cluster. */
export const formerDataKept = 14 * day;
/** Of so many incarnations at most (R18). */
export const mostFormerData = 4;
/** With less free space than this, former data goes before its time: it must not fill the disk of the next member. */
const shortOfSpaceBytes = 256 * 1024 * 1024;

/** What decides whether former data may go. */
interface FormerSituation {
  /** Milliseconds since the epoch; null while the clock is in doubt (R14). */
  readonly now: number | null;
  /** On the file system of the data; null if it is not known. */
  readonly freeBytes: number | null;
}

/**
 * The former data to delete now, oldest first: what is past its time, and what is beyond the newest four. If the disk is
 * short of space, the oldest one, and then the caller looks again. Pure.
 */
export function formerDataDue(data: LeftRecord['data'], { now, freeBytes }: FormerSituation): readonly FormerData[] {
  const oldestFirst = data.toSorted((one, other) => (one.at ?? 0) - (other.at ?? 0));
  const beyond = oldestFirst.slice(0, Math.max(0, oldestFirst.length - mostFormerData));
  const due = oldestFirst.filter(
    (one) => beyond.includes(one) || (now !== null && one.until !== null && now >= one.until),
  );
  const [oldest] = oldestFirst;
  if (due.length > 0 || oldest === undefined) return due;
  return freeBytes !== null && freeBytes < shortOfSpaceBytes ? [oldest] : [];
}

/**
 * The time by which former data of a free machine is deleted; null if nothing tells it. Without the record of when it left,
 * its clock may be days behind (R14). Pure.
 */
export function sureTime({ left }: Pick<LeftRecord, 'left'>, now: number, doubt: Reason | null): number | null {
  return doubt === null && left !== null ? now : null;
}

/** The time of data whose record was lost counts from now on. Pure. */
function counted(data: LeftRecord['data'], now: number | null): LeftRecord['data'] {
  if (now === null) return data;
  const at = Math.floor(now);
  return data.map((one) => (one.until === null ? { ...one, at, until: at + formerDataKept } : one));
}

/** The names in the data root that belong to an incarnation. */
export function namesOfIncarnation(incarnation: string): readonly string[] {
  return [incarnation, `${incarnation}.unborn`, `${incarnation}.version`];
}

/**
 * Deletes what is due. Returns what it has deleted. An incarnation whose data cannot be removed keeps no other from going: its error
 * goes to `failed`, it stays in the record, and the next call tries again. Throws if the record cannot be read or written.
 */
export async function tendFormerData(
  files: HostFiles,
  stateDir: string,
  situation: () => Promise<FormerSituation>,
  failed: (error: unknown) => void,
): Promise<readonly FormerData[]> {
  const gone: FormerData[] = [];
  const stuck = new Set<string>();
  for (;;) {
    const { data } = await readLeftRecord(files, stateDir);
    if (data.length === 0) return gone;
    const present = await situation();
    await changeLeftRecord(files, stateDir, (before) => ({ ...before, data: counted(before.data, present.now) }));
    const due = formerDataDue(
      data.filter(({ incarnation }) => !stuck.has(incarnation)),
      present,
    );
    if (due.length === 0) return gone;
    const removed = new Set<string>();
    for (const { incarnation } of due) {
      try {
        for (const name of namesOfIncarnation(incarnation)) await files.removeTree(`${formerFolder(stateDir)}/${name}`);
        removed.add(incarnation);
      } catch (error) {
        stuck.add(incarnation);
        failed(error);
      }
    }
    await changeLeftRecord(files, stateDir, (before) => ({
      ...before,
      data: before.data.filter(({ incarnation }) => !removed.has(incarnation)),
    }));
    gone.push(...due.filter(({ incarnation }) => removed.has(incarnation)));
  }
}

/** Writes to the log why former data could not be deleted, and what to do. */
export function warnOfFormerData(log: Pick<Log, 'warn'>): (error: unknown) => void {
  return (error) => {
    const hint = error instanceof PicketError ? { hint: error.hint } : {};
    log.warn({ problem: messageOf(error), ...hint }, 'the data of a former member could not be deleted');
  };
}
