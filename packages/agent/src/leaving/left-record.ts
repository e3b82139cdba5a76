import { misfit } from '@picket/shared/protocol/check.ts';
import { type Static, Type } from 'typebox';
import type { HostFiles } from '../host/host.ts';

const Time = Type.Integer({ minimum: 0 });

/** The node that this machine was last, and is no longer. */
const LeftNode = Type.Object({
  nodeId: Type.String(),
  cluster: Type.String(),
  kind: Type.Union([Type.Literal('member'), Type.Literal('client')]),
  name: Type.String(),
  coordinator: Type.String(),
  at: Time,
});
export type LeftNode = Static<typeof LeftNode>;

/** The data directory of a life that is over, kept for a while in `former/INCARNATION`. */
const FormerData = Type.Object({
  incarnation: Type.String(),
  cluster: Type.String(),
  member: Type.String(),
  at: Time,
  /** When the agent may delete it. */
  until: Time,
});
export type FormerData = Static<typeof FormerData>;

/**
 * What this machine has left: it outlives the identity and the journal of the node. Times are milliseconds since the
 * epoch.
 */
export const LeftRecord = Type.Object({
  /** The first mark of a node that goes: what is left of it is removed after that. null if this machine has left nothing. */
  left: Type.Union([LeftNode, Type.Null()]),
  data: Type.Array(FormerData),
  /** Lives that have ended here: no data directory is made for one of them again (R4). */
  lives: Type.Array(Type.String()),
});
export type LeftRecord = Static<typeof LeftRecord>;

export const nothingLeft: LeftRecord = { left: null, data: [], lives: [] };

/** A life that another one follows within minutes is a fault, and a fault must not grow the file without end (R18). */
const mostLives = 200;

/** The folder of former data. Only root may enter it: the data and the keys in it are secret. */
export function formerFolder(stateDir: string): string {
  return `${stateDir}/former`;
}

export function leftRecordPath(stateDir: string): string {
  return `${formerFolder(stateDir)}/left.json`;
}

/** A missing or damaged record counts as an empty one: it only describes, and the journal of a node is apart from it. */
export async function readLeftRecord(files: Pick<HostFiles, 'read'>, stateDir: string): Promise<LeftRecord> {
  const text = await files.read(leftRecordPath(stateDir));
  if (text === null) return nothingLeft;
  try {
    const record: unknown = JSON.parse(text);
    return misfit(LeftRecord, record) === undefined ? (record as LeftRecord) : nothingLeft;
  } catch {
    return nothingLeft;
  }
}

/** Resolves once the change is on the disk (R9). A change without effect writes nothing. */
export async function changeLeftRecord(
  files: Pick<HostFiles, 'read' | 'ensureFolder' | 'writeWhole'>,
  stateDir: string,
  change: (before: LeftRecord) => LeftRecord,
): Promise<LeftRecord> {
  const before = await readLeftRecord(files, stateDir);
  const after = change(before);
  const next = { ...after, lives: after.lives.slice(-mostLives) };
  const text = (record: LeftRecord) => `${JSON.stringify(record, null, 2)}\n`;
  if (text(next) === text(before)) return before;
  await files.ensureFolder(formerFolder(stateDir), 0o700, null);
  await files.writeWhole({ path: leftRecordPath(stateDir), content: text(next), mode: 0o600, owner: null });
  return next;
}
