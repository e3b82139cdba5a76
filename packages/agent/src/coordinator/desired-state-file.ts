import { parsedAs } from '@picket/shared/protocol/check.ts';
import { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { HostFiles } from '../host/host.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { Accepted } from '../model/model.ts';
import type { AgentFailpoint } from '../program/failpoints.ts';
import { accept } from './accept.ts';

export function desiredStatePath(stateDir: string): string {
  return `${stateDir}/desired-state.json`;
}

interface KeepDeps {
  readonly files: HostFiles;
  readonly stateDir: string;
  readonly journal: JournalStore;
  readonly failpoint: (name: AgentFailpoint) => void;
}

/**
 * Stores an accepted desired state before the agent acts on it, so that the node can continue without the coordinator
 * (R10). It writes the document first and notes the generation second. After a crash in between, the newer document is
 * on the disk and its own generation counts as seen. In the other order the node would hold an older document than the
 * generation it has seen (R5).
 */
export async function keepDesiredState(document: DesiredState, deps: KeepDeps): Promise<void> {
  deps.failpoint('desired.before-keep');
  const path = desiredStatePath(deps.stateDir);
  const content = `${JSON.stringify(document, null, 2)}\n`;
  // Compares with the file instead of memory: reading the same generation again must not wear out an SD card.
  if ((await deps.files.read(path)) !== content) {
    await deps.files.writeWhole({ path, content, mode: 0o600, owner: null });
  }
  deps.failpoint('desired.after-keep');
  await note(document, deps.journal);
}

/** What is on the disk: the last desired state, or none; if the file is not used, also why. */
export interface KeptDesiredState {
  readonly accepted: Accepted | null;
  readonly problem: string | null;
}

/**
 * Reads the last accepted desired state. No lease in it is valid any longer. A file that is damaged, or older than what
 * this node has seen, is not used (R5); the coordinator sends the state again.
 */
export async function loadDesiredState(
  deps: Pick<KeepDeps, 'files' | 'stateDir' | 'journal'>,
): Promise<KeptDesiredState> {
  const path = desiredStatePath(deps.stateDir);
  const text = await deps.files.read(path);
  if (text === null) return { accepted: null, problem: null };
  const document = parsedAs(DesiredState, text);
  if (document === null) return { accepted: null, problem: `${path} is damaged` };
  const acceptance = accept(deps.journal.current(), document, null);
  if (!acceptance.ok)
    return { accepted: null, problem: `${path} is not the last desired state: ${inWords(acceptance.why)}` };
  // The agent works on even if the disk takes no writes: the next acceptance compares with the document too.
  await note(document, deps.journal).catch(() => undefined);
  return { accepted: { document, requestedAt: null }, problem: null };
}

/** The document on the disk, whole or null. The caller judges whether the node may use it. */
export async function readKeptDesiredState(
  files: Pick<HostFiles, 'read'>,
  stateDir: string,
): Promise<DesiredState | null> {
  const text = await files.read(desiredStatePath(stateDir));
  return text === null ? null : parsedAs(DesiredState, text);
}

async function note({ inventory, epoch, generation }: DesiredState, journal: JournalStore): Promise<void> {
  await journal.update((before) => ({
    ...before,
    inventory,
    epoch: epoch ?? before.epoch,
    generationSeen: Math.max(before.generationSeen, generation),
  }));
}
