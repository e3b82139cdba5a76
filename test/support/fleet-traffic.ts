import { join } from 'node:path';
import type { Test } from 'tap';
import type { Fleet } from './fleet.ts';
import { checkHistory, longestGap, printHistory } from './history.ts';
import { readHistory } from './history-file.ts';
import { readFinalState, runWriter, writerDefaults } from './writer.ts';

/** Puts and reads linearizably through all members of a fleet until it is checked. */
export interface FleetTraffic {
  /** How many puts have been acknowledged so far. */
  acknowledged(): number;
  /**
   * Ends it, and fails the test if an acknowledged write was lost or a read was stale; tells the longest gap.
   *
   * @param restored the cluster was restored meanwhile, so it has another ID
   */
  check(t: Test, options?: { readonly restored?: boolean }): Promise<void>;
}

/** The client certificate is that of the first machine, as it was when this was called for each connection. */
export function startTraffic(t: Test, { folder, machines }: Fleet): FleetTraffic {
  const [first] = machines;
  if (first === undefined) throw new Error('a fleet of no machines');
  const [endpoint = '', ...others] = machines.map(({ clientUrl }) => clientUrl);
  const access = {
    endpoints: [endpoint, ...others] as const,
    ca: join(first.etcDir, 'ca.pem'),
    cert: join(first.etcDir, 'client.pem'),
    deadlineMs: writerDefaults.deadlineMs,
  };
  const out = join(folder, 'history.jsonl');
  const stop = new AbortController();
  const running = runWriter({ ...writerDefaults, ...access, out }, stop.signal);
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  const acknowledged = () => readHistory(out).filter(({ kind, outcome }) => kind === 'put' && outcome === 'ok').length;
  return {
    acknowledged,
    async check(t, { restored = false } = {}) {
      stop.abort();
      await running;
      const history = readHistory(out);
      const final = await readFinalState({ ...access, key: writerDefaults.key });
      const findings = checkHistory(history, [final]).filter(({ rule }) => !(restored && rule === 'other cluster'));
      t.same(findings, [], findings.length === 0 ? 'no acknowledged write is lost' : printHistory(history.slice(-100)));
      t.ok(acknowledged() > 0, 'and there were some');
      t.comment(`${acknowledged()} acknowledged writes; the longest gap is ${Math.round(longestGap(history))} ms`);
    },
  };
}
