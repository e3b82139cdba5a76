import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkHistory, type Finding, longestGap, type Operation, printHistory } from '../support/history.ts';
import { readHistory } from '../support/history-file.ts';
import { writerCommand, writerDefaults } from '../support/writer.ts';
import type { Lab } from './lab.ts';
import type { LabHost } from './lab-host.ts';

/** Somebody who puts and reads linearizably all the while, beside the hosts. */
export interface Traffic {
  /** So far. */
  history(): readonly Operation[];
  /** Ends it and judges what was acknowledged; the cluster must be able to answer. */
  stop(): Promise<TrafficReport>;
}

export interface TrafficReport {
  /** What cannot be, such as an acknowledged write that is lost; empty where all is well. */
  readonly findings: readonly Finding[];
  readonly acknowledged: number;
  /** Milliseconds without an acknowledged write. */
  readonly longestGap: number;
  /** The whole history, a line each, to look into a finding. */
  print(): string;
}

/** With the client certificate of a member that is up; members are reached by their addresses, as no DNS can fail then. */
export async function startTraffic(
  lab: Lab,
  from: LabHost,
  { everyMs }: { readonly everyMs: number } = writerDefaults,
): Promise<Traffic> {
  const [ca, cert] = [join(lab.folder, 'traffic-ca.pem'), join(lab.folder, 'traffic-client.pem')];
  await copyFile(from.seen('/etc/etcd/ca.pem'), ca);
  await copyFile(from.seen('/etc/etcd/client.pem'), cert);
  const [first, ...others] = lab.hosts.map(({ address }) => `https://${address}:2379`);
  if (first === undefined) throw new Error('The lab has no hosts.');
  const endpoints = [first, ...others] as const;
  const out = join(lab.folder, 'traffic.jsonl');
  const access = { ...writerDefaults, endpoints, ca, cert };
  const [program, ...args] = writerCommand({ ...access, out, everyMs });
  const writer = await lab.outside.start(program as string, args, join(lab.folder, 'traffic.log'));
  return {
    history: () => readHistory(out),
    async stop() {
      await writer.stop();
      const history = readHistory(out);
      const reader = join(import.meta.dirname, '../support/final-state-main.ts');
      const where = ['--endpoints', endpoints.join(), '--ca', ca, '--cert', cert];
      const final = JSON.parse(await lab.outside.must(process.execPath, reader, ...where)) as Operation;
      return {
        findings: checkHistory(history, [final]),
        acknowledged: history.filter(({ kind, outcome }) => kind === 'put' && outcome === 'ok').length,
        longestGap: longestGap(history),
        print: () => printHistory(history),
      };
    },
  };
}
