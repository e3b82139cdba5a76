import { misfit } from '@picket/shared/protocol/check.ts';
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
 * Keeps an accepted desired state before it is acted on, so that the node can go on by it alone (R10). The document
 * is written first and its generation noted second: a kill in between leaves the newer document, whose own
 * generation counts as seen. The other way round the node would be left with an older one than it has seen (R5).
 */
export async function keepDesiredState(document: DesiredState, deps: KeepDeps): Promise<void> {
  deps.failpoint('desired.before-keep');
  const path = desiredStatePath(deps.stateDir);
  const content = `${JSON.stringify(document, null, 2)}\n`;
  // Read back instead of remembered: an equal generation read again must not wear out an SD card.
  if ((await deps.files.read(path)) !== content) {
    await deps.files.writeWhole({ path, content, mode: 0o600, owner: null });
  }
  deps.failpoint('desired.after-keep');
  await note(document, deps.journal);
}

/** What was found on the disk: the last desired state, or none and, where a file is there, why it is not followed. */
export interface KeptDesiredState {
  readonly accepted: Accepted | null;
  readonly problem: string | null;
}

/**
 * The last desired state that was accepted, with no lease in it valid any more. One that is damaged, or older than
 * what this node has seen, is not followed (R5): the coordinator has it.
 */
export async function loadDesiredState(
  deps: Pick<KeepDeps, 'files' | 'stateDir' | 'journal'>,
): Promise<KeptDesiredState> {
  const path = desiredStatePath(deps.stateDir);
  const text = await deps.files.read(path);
  if (text === null) return { accepted: null, problem: null };
  const document = readDocument(text);
  if (document === null) return { accepted: null, problem: `${path} is damaged` };
  const acceptance = accept(deps.journal.current(), document, null);
  if (!acceptance.ok) return { accepted: null, problem: `${path} is not the last one: ${inWords(acceptance.why)}` };
  // A disk that takes nothing must not keep the agent from its work: whoever accepts next looks at the document too.
  await note(document, deps.journal).catch(() => undefined);
  return { accepted: { document, requestedAt: null }, problem: null };
}

/** The document as it lies on the disk, whole or null; whether it may be followed is not judged. */
export async function readKeptDesiredState(
  files: Pick<HostFiles, 'read'>,
  stateDir: string,
): Promise<DesiredState | null> {
  const text = await files.read(desiredStatePath(stateDir));
  return text === null ? null : readDocument(text);
}

async function note({ inventory, epoch, generation }: DesiredState, journal: JournalStore): Promise<void> {
  await journal.update((before) => ({
    ...before,
    inventory,
    epoch: epoch ?? before.epoch,
    generationSeen: Math.max(before.generationSeen, generation),
  }));
}

function readDocument(text: string): DesiredState | null {
  try {
    const document: unknown = JSON.parse(text);
    return misfit(DesiredState, document) === undefined ? (document as DesiredState) : null;
  } catch {
    return null;
  }
}
