import type { Api } from '../api.ts';
import { Refusal } from '../refusal.ts';
import type { Shell } from '../shell.ts';

/** Without an event stream, and before a stream is opened again. */
const withoutStreamMs = 2000;

export interface Watching {
  readonly everyMs: number;
  /** How often to look without an event stream. */
  readonly withoutStreamMs?: number;
  /** Says nothing about a refused event stream, and looks again once the stream is open. */
  readonly isWait?: true;
  readonly ended: AbortSignal;
}

/**
 * When to look at a cluster again: after an event, and after a while in any case, because not each change of the status
 * is an event.
 */
export function clusterNews(name: string, api: Api, shell: Shell, watching: Watching) {
  const { io } = shell;
  const { ended, isWait = false } = watching;
  let isNew = false;
  let everyMs = watching.everyMs;
  let wake = (): void => undefined;
  const tell = (): void => {
    isNew = true;
    wake();
  };
  let isOpen = !isWait;
  const upTo = (): void => {
    if (!isOpen) tell();
    isOpen = true;
  };
  const listener = { event: tell, upTo, gap: tell };

  async function listen(): Promise<void> {
    while (!ended.aborted) {
      try {
        await api.streamEvents({ cluster: name }, null, listener, ended);
        tell();
      } catch (error) {
        if (ended.aborted || io.interrupted.aborted) return;
        // The status is read all the same, and says what is wrong with the connection.
        if (error instanceof Refusal) {
          everyMs = watching.withoutStreamMs ?? withoutStreamMs;
          if (!isWait) shell.note(`picket: ${error.wire.message} picket asks every 2 s instead.`);
          return;
        }
      }
      await io.sleep(withoutStreamMs);
    }
  }

  void listen();
  return {
    async next() {
      if (!isNew) {
        const told = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([io.sleep(everyMs), told]);
      }
      isNew = false;
    },
  };
}
