import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import { BackupCopy, backupPartBytes, mostCopyBytes } from '@picket/shared/protocol/backup-copies.ts';
import { fits } from '@picket/shared/protocol/check.ts';
import { measure } from '../files/measure.ts';
import { readPart } from '../files/read-part.ts';
import { folderTarget } from './folder-target.ts';
import type { BackupTarget } from './target.ts';

/** The copies of the newest backup on boards, from the side of the nodes. */
export interface BoardCopies {
  /** The copy that this node is to fetch; null: none, or it has it. Counts the node as one that could have one. */
  orderFor(node: BoardNode): BackupCopy | null;
  /** Empty at the end. Throws `backup_copy_not_wanted`. */
  read(nodeId: string, sha256: string, offset: number): Promise<Buffer>;
  /** The node has it. Throws `backup_copy_not_wanted`. */
  kept(nodeId: string, sha256: string): void;
}

/** A member that reports. */
export interface BoardNode {
  readonly nodeId: string;
  readonly member: string;
}

const hourMs = 3_600_000;
/** All boards that run have reported until then, so none that is not among the first gets a copy in vain. */
const settleMs = 60_000;
/** How long a board may take. */
const patienceMs = 1_200_000;
const name = 'the boards';

/**
 * Copies on so many boards: the first ones by their IDs among those that have reported within the last hour, so that the same
 * ones have it from day to day. A copy is offered in the answer to a report. The backup waits for them in the folder.
 */
export function boardsTarget(wanted: number, folder: string, monotonic: () => number): BackupTarget & BoardCopies {
  const inner = folderTarget(folder);
  const openedAt = monotonic();
  const reporters = new Map<string, { readonly member: string; readonly at: number }>();
  /** The hash of the copy that each node has. */
  const copies = new Map<string, string>();
  /** When each node was first offered the newest one. */
  const offers = new Map<string, number>();
  let newest: { readonly copy: BackupCopy; readonly since: number } | null = null;

  const isOf = (nodeId: string) => newest !== null && copies.get(nodeId) === newest.copy.sha256;
  const reporting = () => [...reporters].filter(([, { at }]) => monotonic() - at < hourMs);
  const held = () => reporting().filter(([nodeId]) => isOf(nodeId));

  /** Its agent is older, its disk is full or in memory: another board is asked. */
  function isUnable(nodeId: string): boolean {
    return !isOf(nodeId) && monotonic() - (offers.get(nodeId) ?? monotonic()) > patienceMs;
  }

  function isChosen(nodeId: string): boolean {
    const ids = reporting().flatMap(([id]) => (isUnable(id) ? [] : [id]));
    return ids.sort().slice(0, wanted).includes(nodeId);
  }

  function wantedOf(nodeId: string, sha256: string): BackupCopy {
    if (newest === null || newest.copy.sha256 !== sha256 || !isChosen(nodeId))
      throw failure('backup_copy_not_wanted', { sha256 });
    return newest.copy;
  }

  async function offer(file: string, size?: Pick<BackupCopy, 'sha256' | 'sizeBytes'>): Promise<void> {
    const { bytes, sha256 } =
      size === undefined ? await measure(join(folder, file)) : { ...size, bytes: size.sizeBytes };
    const copy = { name: file, sizeBytes: bytes, sha256 };
    if (!fits(BackupCopy, copy)) return;
    newest = { copy, since: monotonic() };
    offers.clear();
  }

  return {
    ...inner,
    name,
    mostKept: 1,
    async list() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const files = (await inner.list()).filter((file) => file.endsWith('.age')).sort();
      const last = files.at(-1);
      if (newest === null && last !== undefined) await offer(last);
      return files;
    },
    async put(file, content) {
      if (content.sizeBytes > mostCopyBytes) {
        const problem = `it has ${content.sizeBytes} bytes, and a board takes at most ${mostCopyBytes}`;
        throw failure('backup_not_stored', { target: name, problem });
      }
      await inner.put(file, content);
      await offer(file, content);
    },
    boards: () => ({ wanted, held: held().map(([, { member }]) => member) }),
    shortfall(): PicketError | null {
      const count = held().length;
      if (newest === null || reporters.size === 0 || count >= wanted || monotonic() - newest.since < hourMs)
        return null;
      const problem = `${count} of ${wanted} boards have a copy of the newest backup`;
      return failure('backup_not_stored', { target: name, problem });
    },
    orderFor({ nodeId, member }) {
      reporters.set(nodeId, { member, at: monotonic() });
      if (newest === null || monotonic() - openedAt < settleMs || !isChosen(nodeId) || isOf(nodeId)) return null;
      if (!offers.has(nodeId)) offers.set(nodeId, monotonic());
      return newest.copy;
    },
    read(nodeId, sha256, offset) {
      return readPart(join(folder, wantedOf(nodeId, sha256).name), offset, backupPartBytes);
    },
    kept(nodeId, sha256) {
      copies.set(nodeId, wantedOf(nodeId, sha256).sha256);
    },
  };
}
