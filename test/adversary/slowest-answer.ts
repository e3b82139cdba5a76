import { Agent, request } from 'node:https';
import type { Traitor, Victim } from './scene.ts';

/** What somebody who asks one request after another got meanwhile. */
export interface Answers {
  /** The longest time until an answer was there completely, in milliseconds; of a request without an answer too. */
  readonly slowestMs: number;
  readonly answered: number;
  /** The statuses and errors that were no success. */
  readonly refused: readonly string[];
}

/** Asks again and again over one connection, or over a new one for each request, until it is stopped. */
export function slowestAnswer(
  { port, authority }: Victim,
  { credential, key }: Traitor,
  path: string,
  { keepAlive }: { readonly keepAlive: boolean },
): { stop(): Promise<Answers> } {
  const agent = new Agent({ ca: authority, cert: credential, key, keepAlive, maxSockets: 1 });
  const refused: string[] = [];
  let slowestMs = 0;
  let answered = 0;
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      const since = performance.now();
      try {
        const status = await ask();
        if (status >= 400) refused.push(String(status));
        else answered += 1;
      } catch (error) {
        refused.push((error as Error).message);
      }
      slowestMs = Math.max(slowestMs, performance.now() - since);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();

  function ask(): Promise<number> {
    return new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, agent }, (answer) => {
        answer.on('end', () => resolve(answer.statusCode ?? 0)).on('error', reject);
        answer.resume();
      })
        .on('error', reject)
        .end();
    });
  }

  return {
    async stop() {
      stopped = true;
      await asking;
      agent.destroy();
      return { slowestMs, answered, refused };
    },
  };
}
