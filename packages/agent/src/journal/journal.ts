import { failure, PicketError } from '@picket/shared/errors.ts';
import { messageOf } from '@picket/shared/problems.ts';
import { fits } from '@picket/shared/protocol/check.ts';
import { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { HostFiles } from '../host/host.ts';
import { emptyJournal, type Journal, type LifeStage } from '../model/model.ts';

/** The agent's memory of what outlives it, on the disk that holds etcd's data (R4). */
export interface JournalStore {
  current(): Journal;
  /** Resolves once the change is on the disk; changes are made one after another, and one that changes nothing is free. */
  update(change: (journal: Journal) => Journal): Promise<Journal>;
  /** Writes it anew though nothing has changed, which shows whether the disk still takes anything. */
  rewrite(): Promise<void>;
}

export function journalPath(stateDir: string): string {
  return `${stateDir}/journal.json`;
}

/**
 * Opens the journal of a node that has joined. A missing or damaged one is never taken for an empty one: the next
 * data dir would be made anew under a member that has lived (R4), and an old generation followed (R5).
 *
 * @throws PicketError agent_state_missing, agent_state_unreadable
 */
export async function openJournal(files: HostFiles, stateDir: string): Promise<JournalStore> {
  const path = journalPath(stateDir);
  const text = await files.read(path);
  if (text === null) throw failure('agent_state_missing', { path });
  return storeOf(files, path, readJournal(text, path), text);
}

/** Begins the journal of a node that is about to join for the first time. Leaves one that is there as it is. */
export async function beginJournal(files: HostFiles, stateDir: string): Promise<void> {
  const path = journalPath(stateDir);
  if (await files.exists(path)) return;
  await files.writeWhole({ path, content: textOf(emptyJournal), mode: 0o600, owner: null });
}

function storeOf(files: HostFiles, path: string, initial: Journal, text: string): JournalStore {
  let journal = initial;
  /** What is surely on the disk. */
  let written: string | null = text;
  let last: Promise<unknown> = Promise.resolve();

  async function make(change: (journal: Journal) => Journal): Promise<Journal> {
    const next = change(journal);
    const content = textOf(next);
    if (content !== written) {
      written = null;
      await files.writeWhole({ path, content, mode: 0o600, owner: null });
    }
    written = content;
    journal = next;
    return next;
  }

  function inTurn(change: (journal: Journal) => Journal): Promise<Journal> {
    const turn = last.then(() => make(change));
    // A write that failed fails its caller; the next one is tried all the same.
    last = turn.catch(() => undefined);
    return turn;
  }

  return {
    current: () => journal,
    update: inTurn,
    async rewrite() {
      await inTurn((same) => {
        written = null;
        return same;
      });
    },
  };
}

function textOf(journal: Journal): string {
  return `${JSON.stringify(journal, null, 2)}\n`;
}

function readJournal(text: string, path: string): Journal {
  try {
    return checked(JSON.parse(text));
  } catch (error) {
    if (error instanceof PicketError) throw error;
    const problem = messageOf(error);
    throw failure('agent_state_unreadable', { path, problem });
  }
}

const stages: readonly unknown[] = ['making', 'made', 'lived'] satisfies LifeStage[];

function checked(value: unknown): Journal {
  const fields = record(value, 'it');
  const count = (name: keyof Journal): number => {
    const number = fields[name];
    if (!Number.isSafeInteger(number) || (number as number) < 0) throw new TypeError(`${name} is not a whole number`);
    return number as number;
  };
  const incarnations = record(fields.incarnations, 'incarnations');
  if (!Object.values(incarnations).every((stage) => stages.includes(stage))) {
    throw new TypeError('incarnations holds a stage that is not known');
  }
  // Journals of agents before 0.2 do not have these.
  const { ranIn = null, epoch = null, lastGood = null, rejected = null } = fields;
  const { inventory, startedWith, lastStep, lastSnapshot, lastUpkeep } = fields;
  if (inventory !== null && typeof inventory !== 'string') throw new TypeError('inventory is not a name');
  for (const name of startedWith === null ? [] : (['incarnation', 'restartKey'] as const)) {
    if (typeof record(startedWith, 'startedWith')[name] !== 'string')
      throw new TypeError(`startedWith.${name} is missing`);
  }
  for (const name of lastGood === null ? [] : (['incarnation', 'confKey', 'conf'] as const)) {
    if (typeof record(lastGood, 'lastGood')[name] !== 'string') throw new TypeError(`lastGood.${name} is missing`);
  }
  for (const name of rejected === null ? [] : (['confKey', 'reason'] as const)) {
    if (typeof record(rejected, 'rejected')[name] !== 'string') throw new TypeError(`rejected.${name} is missing`);
  }
  if (ranIn !== null && typeof ranIn !== 'string') throw new TypeError('ranIn is not a name');
  if (epoch !== null && !fits(Epoch, epoch)) throw new TypeError('epoch is not one');
  if (lastStep !== null) record(lastStep, 'lastStep');
  if (lastSnapshot !== undefined) record(lastSnapshot, 'lastSnapshot');
  if (lastUpkeep !== undefined) record(lastUpkeep, 'lastUpkeep');
  return {
    inventory,
    generationSeen: count('generationSeen'),
    epoch,
    generationApplied: count('generationApplied'),
    incarnations: incarnations as Record<string, LifeStage>,
    startedWith: startedWith as Journal['startedWith'],
    lastGood: lastGood as Journal['lastGood'],
    rejected: rejected as Journal['rejected'],
    ranIn,
    lastStep: lastStep as Journal['lastStep'],
    ...(lastSnapshot === undefined ? {} : { lastSnapshot: lastSnapshot as Journal['lastSnapshot'] }),
    ...(lastUpkeep === undefined ? {} : { lastUpkeep: lastUpkeep as Journal['lastUpkeep'] }),
    clockFloor: count('clockFloor'),
    runs: count('runs'),
  };
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${what} is not an object`);
  return value as Record<string, unknown>;
}
