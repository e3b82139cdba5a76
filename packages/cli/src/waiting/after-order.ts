import type { Api } from '../api.ts';
import type { Shell } from '../shell.ts';
import { type Look, untilDone } from './until-done.ts';

export interface Asked {
  readonly cluster: string;
  /** What was ordered, such as `the restart of x-k3s-m-1`. */
  readonly goal: string;
  /** In seconds; null: the command does not wait. */
  readonly timeout: number | null;
  readonly look: (goal: string) => Promise<Look>;
}

/** Waits for what a command has ordered, if the operator asked for that, and says that it is done. */
export async function afterOrder(shell: Shell, api: Api, { cluster, goal, timeout, look }: Asked): Promise<void> {
  if (timeout === null) return;
  await untilDone(shell, api, { cluster, goal, timeout, look: () => look(goal) });
  shell.note(`Done: ${goal}.`);
}
