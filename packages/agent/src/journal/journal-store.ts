import { failure, PicketError } from '@picket/shared/errors.ts';
import { oneAtATime } from '@picket/shared/one-at-a-time.ts';
import { messageOf } from '@picket/shared/problems.ts';
import { misfit } from '@picket/shared/protocol/check.ts';
import type { HostFiles } from '../host/host.ts';
import { emptyJournal, Journal } from './journal.ts';

export type JournalStore = ReturnType<typeof storeOf>;

export function journalPath(stateDir: string): string {
  return `${stateDir}/journal.json`;
}

/**
 * Opens the journal of a node that has joined. A missing or damaged journal is never taken for an empty one. Otherwise
 * the agent would make an empty data directory for a member that has lived (R4), and follow an old generation (R5).
 *
 * @throws PicketError agent_state_missing, agent_state_unreadable
 */
export async function openJournal(files: HostFiles, stateDir: string): Promise<JournalStore> {
  const path = journalPath(stateDir);
  const text = await files.read(path);
  if (text === null) throw failure('agent_state_missing', { path });
  return storeOf(files, path, readJournal(text, path), text);
}

/** Begins the journal of a node that is about to join for the first time. Keeps an existing journal. */
export async function beginJournal(files: HostFiles, stateDir: string): Promise<void> {
  const path = journalPath(stateDir);
  if (await files.exists(path)) return;
  await files.writeWhole({ path, content: textOf(emptyJournal), mode: 0o600, owner: null });
}

/** True if an agent has worked here as a node: a join alone leaves an empty journal. A damaged one counts as such. */
export async function isJournalBegun(files: Pick<HostFiles, 'read'>, stateDir: string): Promise<boolean> {
  const path = journalPath(stateDir);
  const text = await files.read(path);
  if (text === null) return false;
  try {
    const { runs, generationSeen, incarnations } = readJournal(text, path);
    return runs > 0 || generationSeen > 0 || Object.keys(incarnations).length > 0;
  } catch {
    return true;
  }
}

/** The agent's memory across restarts, on the disk that holds etcd's data (R4). */
function storeOf(files: HostFiles, path: string, initial: Journal, text: string) {
  let journal = initial;
  /** What is surely on the disk. */
  let written: string | null = text;
  const inTurn = oneAtATime();

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

  return {
    current: () => journal,
    /**
     * Resolves once the change is on the disk. Changes are made one after another; a change without effect writes
     * nothing.
     */
    update: (change: (journal: Journal) => Journal) => inTurn(() => make(change)),
    /** As `update`, with these fields. */
    set: (fields: Partial<Journal>) => inTurn(() => make((before) => ({ ...before, ...fields }))),
    /** Writes it again although nothing has changed, which shows whether the disk still takes writes. */
    async rewrite() {
      await inTurn(() => {
        written = null;
        return make((same) => same);
      });
    },
  };
}

function textOf(journal: Journal): string {
  return `${JSON.stringify(journal, null, 2)}\n`;
}

function readJournal(text: string, path: string): Journal {
  try {
    const journal: unknown = JSON.parse(text);
    const problem = misfit(Journal, journal);
    if (problem !== undefined) throw failure('agent_state_unreadable', { path, problem });
    return journal as Journal;
  } catch (error) {
    if (error instanceof PicketError) throw error;
    const problem = messageOf(error);
    throw failure('agent_state_unreadable', { path, problem });
  }
}
