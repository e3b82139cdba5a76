import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { BackupCopy, backupPartBytes, mostCopyBytes } from '@picket/shared/protocol/backup-copies.ts';
import { fits } from '@picket/shared/protocol/check.ts';
import { measure } from '../files/measure.ts';
import { readPart } from '../files/read-part.ts';
import type { Instant } from '../model/instant.ts';
import { folderTarget } from './folder-target.ts';
import { backupsIn } from './stored-backup.ts';
import type { BackupTarget } from './target.ts';

/** The copies of the newest backup on boards, from the side of the nodes. */
export interface BoardCopies {
  /** The copy that this node is to fetch; null: none, or it has it. Counts the node as one that could have one. */
  orderFor(node: BoardNode): BackupCopy | null;
  /** Empty at the end. Throws `backup_copy_not_wanted`. */
  read(nodeId: string, sha256: string, offset: number): Promise<Buffer>;
  /** The node says that it has it. Throws `backup_copy_not_wanted`. */
  kept(nodeId: string, sha256: string): Promise<void>;
}

/** A member that reports. */
export interface BoardNode {
  readonly nodeId: string;
  readonly member: string;
  readonly address: string;
}

export interface BoardsDeps {
  /** Where the backup is that boards fetch. */
  readonly folder: string;
  /** The ID of the store. */
  readonly inventory: string;
  readonly monotonic: () => number;
  /** Whether there is a cluster, so that a board could have a copy. */
  readonly hasClusters: () => boolean;
  /** Whether this is an address of the coordinator's machine, whose disk holds the backup already. */
  readonly isHere: (address: string) => boolean;
  /** Whether it is recorded that a backup of then, or a later one, is stored. */
  readonly isRecorded: (at: Instant) => boolean;
  /** Records that one of so many bytes, made then, is stored. */
  readonly stored: (target: string, bytes: number, madeAt: Instant) => Promise<void>;
}

interface Newest {
  readonly copy: BackupCopy;
  readonly at: Instant;
}

const minuteMs = 60_000;
/** All boards that run have reported until then, so none that is not among the first gets a copy in vain. */
const settleMs = minuteMs;
/** A board that takes no copy for so long gives way: its agent is older, or its disk is full. */
const patienceMs = 20 * minuteMs;
const silentMs = 60 * minuteMs;
/** For so long too few boards may have the newest backup. */
const lackMs = 60 * minuteMs;
/** Then a board is asked again, and compares the hash of what it has. */
const believedMs = 24 * 60 * minuteMs;
const forgottenMs = 7 * believedMs;
const name = 'the boards';

/**
 * Copies on so many boards: the first ones by their IDs among those that have reported within the last hour, so that the same
 * ones have it from day to day. A copy is offered in the answer to a report. The backup waits for them in the folder.
 */
export function boardsTarget(wanted: number, deps: BoardsDeps): BackupTarget & BoardCopies {
  const { folder, inventory, monotonic } = deps;
  const inner = folderTarget(folder);
  const openedAt = monotonic();
  const boards = new Map<string, { readonly member: string; readonly at: number }>();
  /** The copy that each board has. */
  const copies = new Map<string, { readonly sha256: string; readonly at: number }>();
  /** When each board was first offered the newest one. */
  const offers = new Map<string, number>();
  let newest: Newest | null = null;
  /** Since when fewer boards have the newest one than are wanted; null: as many have it. */
  let lackingSince: number | null = null;

  function hasIt(nodeId: string): boolean {
    const copy = copies.get(nodeId);
    return copy !== undefined && copy.sha256 === newest?.copy.sha256 && monotonic() - copy.at < believedMs;
  }

  const held = () => [...boards].filter(([nodeId]) => hasIt(nodeId));

  function count(): number {
    const { length } = held();
    if (length >= wanted) lackingSince = null;
    else lackingSince ??= monotonic();
    return length;
  }

  function isChosen(nodeId: string): boolean {
    const now = monotonic();
    const isSlow = (id: string) => !hasIt(id) && now - (offers.get(id) ?? now) > patienceMs;
    const ids = [...boards].flatMap(([id, { at }]) => (now - at < silentMs ? [id] : [])).sort();
    return [...ids.filter((id) => !isSlow(id)), ...ids.filter(isSlow)].slice(0, wanted).includes(nodeId);
  }

  function wantedOf(nodeId: string, sha256: string): Newest {
    if (newest === null || newest.copy.sha256 !== sha256 || !isChosen(nodeId))
      throw failure('backup_copy_not_wanted', { sha256 });
    return newest;
  }

  function offer(copy: BackupCopy): void {
    const [backup] = backupsIn([copy.name], inventory);
    if (backup === undefined || !fits(BackupCopy, copy)) return;
    newest = { copy, at: backup.at };
    offers.clear();
    count();
  }

  return {
    ...inner,
    name,
    mostKept: 1,
    async list() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const files = await inner.list();
      const [last] = backupsIn(files, inventory);
      if (newest === null && last !== undefined) {
        const { bytes: sizeBytes, sha256 } = await measure(join(folder, last.name));
        offer({ name: last.name, sizeBytes, sha256 });
      }
      return files;
    },
    async put(file, content) {
      if (content.sizeBytes > mostCopyBytes) {
        const problem = `it has ${content.sizeBytes} bytes, and a board takes at most ${mostCopyBytes}`;
        throw failure('backup_not_stored', { target: name, problem });
      }
      await inner.put(file, content);
      const { sizeBytes, sha256 } = content;
      offer({ name: file, sizeBytes, sha256 });
    },
    boards: () => ({
      wanted,
      held: held()
        .map(([, { member }]) => member)
        .sort(),
    }),
    shortfall() {
      const known = count();
      if (newest === null || lackingSince === null || !deps.hasClusters()) return null;
      if (monotonic() - lackingSince < lackMs) return null;
      return failure('backup_copies_missing', { known, wanted });
    },
    orderFor({ nodeId, member, address }) {
      const now = monotonic();
      if (deps.isHere(address)) return null;
      boards.set(nodeId, { member, at: now });
      for (const [id, { at }] of boards)
        if (now - at > forgottenMs) for (const map of [boards, copies, offers]) map.delete(id);
      if (newest === null || now - openedAt < settleMs || !isChosen(nodeId) || hasIt(nodeId)) return null;
      if (!offers.has(nodeId)) offers.set(nodeId, now);
      return newest.copy;
    },
    read(nodeId, sha256, offset) {
      return readPart(join(folder, wantedOf(nodeId, sha256).copy.name), offset, backupPartBytes);
    },
    async kept(nodeId, sha256) {
      const { copy, at } = wantedOf(nodeId, sha256);
      copies.set(nodeId, { sha256, at: monotonic() });
      count();
      if (!deps.isRecorded(at)) await deps.stored(name, copy.sizeBytes, at);
    },
  };
}
