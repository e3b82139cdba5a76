import { parsedAs } from '@picket/shared/protocol/check.ts';
import { oneOf, orNull } from '@picket/shared/protocol/unions.ts';
import type { Static } from 'typebox';
import * as Type from 'typebox';
import type { HostFiles } from '../host/host.ts';
import { withMachineLock } from '../host/machine-lock.ts';

const Time = Type.Integer({ minimum: 0 });

/** The node that this machine was last, and is no longer. */
const LeftNode = Type.Object({
  nodeId: Type.String(),
  cluster: Type.String(),
  kind: oneOf('member', 'client'),
  name: Type.String(),
  coordinator: Type.String(),
  at: Time,
  /** Of a client: marks of the files that it has left, by path. */
  files: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type LeftNode = Static<typeof LeftNode>;

/**
 * The data directory of an incarnation that is over, kept for a while in `former/INCARNATION`. Whose incarnation it was and since when it
 * is here are null if the record was lost.
 */
const FormerData = Type.Object({
  incarnation: Type.String(),
  cluster: orNull(Type.String()),
  member: orNull(Type.String()),
  at: orNull(Time),
  /** When the agent may delete it; null until it has counted the time of this data. */
  until: orNull(Time),
});
export type FormerData = Static<typeof FormerData>;

/**
 * What this machine has left: it outlives the identity and the journal of the node. Times are milliseconds since the
 * epoch.
 */
export const LeftRecord = Type.Object({
  /** The first mark of a node that goes: what is left of it is removed after that. null if this machine has left nothing. */
  left: orNull(LeftNode),
  data: Type.Array(FormerData),
  /** Incarnations that have ended here: no data directory is made for one of them again (R4). */
  incarnations: Type.Array(Type.String()),
  /** The record was damaged or lost: which node this machine was is not known. */
  rebuilt: Type.Optional(Type.Literal(true)),
});
export type LeftRecord = Static<typeof LeftRecord>;

const nothingLeft: LeftRecord = { left: null, data: [], incarnations: [] };

/** An incarnation that another one follows within minutes is a fault, and a fault must not grow the file without end (R18). */
const mostIncarnations = 200;

/** The folder of former data. Only root may enter it: the data and the keys in it are secret. */
export function formerFolder(stateDir: string): string {
  return `${stateDir}/former`;
}

export function leftRecordPath(stateDir: string): string {
  return `${formerFolder(stateDir)}/left.json`;
}

/** Where a damaged record is kept. */
export function damagedRecordPath(stateDir: string): string {
  return `${leftRecordPath(stateDir)}.damaged`;
}

/** Of a damaged or lost record, the folder of former data still shows the incarnations. */
export async function readLeftRecord(files: HostFiles, stateDir: string): Promise<LeftRecord> {
  return (await find(files, stateDir)).record;
}

async function find(files: HostFiles, stateDir: string): Promise<{ record: LeftRecord; isDamaged: boolean }> {
  const text = await files.read(leftRecordPath(stateDir));
  // The name that agents gave it before: what has ended must stay known (R4).
  const record = parsedAs(LeftRecord, (text ?? '').replace(/"lives":(?=\s*\[)/, '"incarnations":'));
  if (record !== null) return { record, isDamaged: false };
  const names = await files.list(formerFolder(stateDir));
  const incarnations = incarnationsIn(names);
  // The power may have failed after a damaged record was set aside.
  const wasDamaged = names.includes('left.json.damaged');
  if (text === null && incarnations.length === 0 && !wasDamaged) return { record: nothingLeft, isDamaged: false };
  const data = incarnations.map((incarnation) => ({ incarnation, cluster: null, member: null, at: null, until: null }));
  return { record: { left: null, data, incarnations, rebuilt: true }, isDamaged: text !== null };
}

/** The incarnations that have something in a folder with these names. Former certificates may lie beside them. */
function incarnationsIn(names: readonly string[]): string[] {
  const incarnations = names.flatMap((name) => /^([\w-]+)(?:\.unborn|\.version)?$/.exec(name)?.[1] ?? []);
  return [...new Set(incarnations)].sort();
}

const lockPatienceMs = 10_000;

/**
 * Resolves once the change is on the disk (R9). Changes are made one after another, of all processes here; a change
 * without effect writes nothing. A damaged record is kept aside before another one replaces it.
 */
export function changeLeftRecord(
  files: HostFiles,
  stateDir: string,
  change: (before: LeftRecord) => LeftRecord,
): Promise<LeftRecord> {
  return withMachineLock(formerFolder(stateDir), lockPatienceMs, async () => {
    const path = leftRecordPath(stateDir);
    const { record: before, isDamaged } = await find(files, stateDir);
    const after = change(before);
    const next = { ...after, incarnations: after.incarnations.slice(-mostIncarnations) };
    const text = (record: LeftRecord) => `${JSON.stringify(record, null, 2)}\n`;
    if (!isDamaged && text(next) === text(before)) return before;
    await files.ensureFolder(formerFolder(stateDir), 0o700, null);
    if (isDamaged) {
      const aside = damagedRecordPath(stateDir);
      await files.removeTree(aside);
      await files.move(path, aside);
    }
    await files.writeWhole({ path, content: text(next), mode: 0o600, owner: null });
    return next;
  });
}

/** Writes a damaged record again, from what the folder shows. True if it was damaged. */
export async function repairLeftRecord(files: HostFiles, stateDir: string): Promise<boolean> {
  const { isDamaged } = await find(files, stateDir);
  if (isDamaged) await changeLeftRecord(files, stateDir, (same) => same);
  return isDamaged;
}
