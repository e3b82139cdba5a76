import { join } from 'node:path';
import type { Fleet, Machine } from './fleet.ts';
import { checkHistory, longestGap } from './history.ts';
import { readHistory } from './history-file.ts';
import { readFinalState, runWriter, writerDefaults } from './writer.ts';

/** What a writer found, and how many of its puts etcd acknowledged. `gap`: the longest time between two of these. */
export interface Written {
  /** Each lost or wrong value; empty if none was. */
  readonly findings: ReturnType<typeof checkHistory>;
  readonly acknowledged: number;
  readonly gap: ReturnType<typeof longestGap>;
}

/** Puts to these machines of the fleet and reads from each, with the certificate of the first, until it is stopped. */
export function startFleetWriter(
  { folder }: Pick<Fleet, 'folder'>,
  machines: readonly Machine[],
): { stop(): Promise<Written> } {
  const [first, ...others] = machines;
  if (first === undefined) throw new Error('there is no machine to write to');
  const access = {
    ...writerDefaults,
    endpoints: [first.clientUrl, ...others.map(({ clientUrl }) => clientUrl)] as const,
    ca: join(first.etcDir, 'ca.pem'),
    cert: join(first.etcDir, 'client.pem'),
  };
  const out = join(folder, 'history.jsonl');
  const stop = new AbortController();
  const running = runWriter({ ...access, out }, stop.signal);
  return {
    async stop() {
      stop.abort();
      await running;
      const history = readHistory(out);
      return {
        findings: checkHistory(history, [await readFinalState(access)]),
        acknowledged: history.filter(({ kind, outcome }) => kind === 'put' && outcome === 'ok').length,
        gap: longestGap(history),
      };
    },
  };
}
