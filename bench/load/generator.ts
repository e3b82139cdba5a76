import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnection } from './connection.ts';
import type { Load, LoadResult } from './load.ts';
import type { Response } from './response-reader.ts';

/** Asks on all connections without a pause, and counts the answers that come within the measured seconds. */
async function generate(load: Load): Promise<LoadResult> {
  const { target, requests, connections, warmUpSeconds, seconds, expect } = load;
  let answers = 0;
  let next = 0;
  let stopped = false;
  const failed = Promise.withResolvers<never>();

  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(target, failed.reject)));
  for (const connection of opened) {
    const ask = (): void => {
      next = (next + 1) % requests.length;
      connection.ask(requests[next] ?? '', answered);
    };
    const answered = (response: Response): void => {
      if (response.status !== expect) {
        failed.reject(new Error(`answered ${response.status} instead of ${expect}: ${response.body.slice(0, 500)}`));
        return;
      }
      answers += 1;
      if (!stopped) ask();
    };
    ask();
  }
  const measured = async (): Promise<LoadResult> => {
    await sleep(warmUpSeconds * 1000);
    const [from, begun, before] = [answers, performance.now(), process.cpuUsage()];
    await sleep(seconds * 1000);
    const elapsed = (performance.now() - begun) / 1000;
    const { user, system } = process.cpuUsage(before);
    return { perSecond: (answers - from) / elapsed, busy: (user + system) / 1e6 / elapsed };
  };
  const result = await Promise.race([measured(), failed.promise]);
  stopped = true;
  for (const connection of opened) connection.close();
  return result;
}

const [file = ''] = process.argv.slice(2);
try {
  const load = JSON.parse(await readFile(file, 'utf8')) as Load;
  console.log(JSON.stringify(await generate(load)));
  process.exit(0);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
