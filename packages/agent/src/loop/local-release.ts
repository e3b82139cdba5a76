import type { Journal } from '../journal/journal.ts';
import { type LocalRelease, readLocalRelease } from '../journal/local-release.ts';
import type { Agent } from './agent.ts';
import { attemptNote } from './journal-notes.ts';

/** Notes the end of a hold that root on this machine has ordered without the coordinator: etcd starts (R10). */
export async function heedLocalRelease({ deps: { host, paths }, journal }: Agent): Promise<void> {
  // A disk that cannot be read must not keep the agent from its other work.
  const release = await readLocalRelease(host.files, paths.stateDir).catch(() => null);
  await attemptNote(() => journal.update((before) => noteRelease(before, release, host.boot)));
}

/** A hold that root has released keeps etcd down no longer. */
export function noteRelease(before: Journal, release: LocalRelease | null, boot: string | null): Journal {
  const { held } = before;
  const isReleased = held !== null && release?.id === held.permit && release.boot === boot;
  return isReleased ? { ...before, held: { ...held, stopped: false } } : before;
}
