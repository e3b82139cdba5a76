import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Seeded } from '../../support/seeded.ts';
import { type Lab, openLab } from '../lab.ts';
import type { LabHost } from '../lab-host.ts';
import { joinAll } from '../lab-of-test.ts';
import { cluster } from '../names.ts';
import { startTraffic, type Traffic } from '../traffic.ts';
import { inflict, serving } from './inflict.ts';
import { type Itinerary, startJourneys } from './journeys.ts';
import { drawPowerCut, drawStrike, type Strike, strikeInWords } from './strikes.ts';

export interface Campaign {
  /** Power cuts while the cluster forms, and once it stands; those of all hosts at once count for each host. */
  readonly formationCuts: number;
  readonly cuts: number;
  readonly five: boolean;
  /** Between which versions the cluster travels; null: it keeps its own. */
  readonly itinerary: Itinerary | null;
}

export interface CampaignResult {
  readonly cuts: number;
  /** Whatever else befell it. */
  readonly otherStrikes: number;
  /** To another version of etcd. */
  readonly journeys: number;
  readonly acknowledged: number;
  readonly longestGapMs: number;
  readonly clusterId: string;
}

export type Say = (line: string) => void;

const formationMs = 12_000;
const restMs = 3_000;
/** A member with another etcd is watched for a while before the next one gets it: else no journey would end. */
const onTheWayMs = 20_000;
const healthyMs = 240_000;

/**
 * One cluster from its beginning, with the power cut again and again and other strikes in between, and somebody who
 * writes all the while. Whatever is not as it should be ends it with an error; so does the signal. Nothing is left of
 * it in the end.
 */
export async function runCampaign(
  random: Seeded,
  wanted: Campaign,
  say: Say,
  signal: AbortSignal,
): Promise<CampaignResult> {
  const folder = await mkdtemp(join(tmpdir(), 'picket-soak-'));
  let lab: Lab | undefined;
  try {
    lab = await unless(
      signal,
      openLab({
        folder,
        five: wanted.five,
        ...(wanted.itinerary === null ? {} : { waits: { stayHealthyFor: 3_000 } }),
      }),
    );
    return await unless(signal, strikes(lab, random, wanted, say));
  } catch (error) {
    if (!signal.aborted && lab !== undefined) await tellState(lab, say);
    throw error;
  } finally {
    // Where it was interrupted something may be under way that closing it trips over; the process's end ends that too.
    await lab?.close().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function strikes(lab: Lab, random: Seeded, wanted: Campaign, say: Say): Promise<CampaignResult> {
  const names = lab.hosts.map(({ name }) => name);
  const [first] = lab.hosts as [LabHost];
  let [cuts, otherStrikes] = [0, 0];
  const strike = async (next: Strike) => {
    say(strikeInWords(next, names));
    await inflict(next, lab);
    if (next.kind === 'power-cut') cuts += next.hosts.length;
    else otherStrikes += 1;
  };

  await lab.createCluster();
  say(`${names.length === 5 ? 'five' : 'three'} hosts join`);
  await joinAll(lab);
  while (cuts < wanted.formationCuts) await strike(drawPowerCut(random, names.length, formationMs));
  await lab.healthy(healthyMs);
  const clusterId = await clusterIdOf(first);
  say(`healthy; cluster ${clusterId}`);

  // It hunts what is rare, and nothing else needs the machine meanwhile.
  const traffic = await startTraffic(lab, first, { everyMs: 20 });
  let journeys = 0;
  try {
    const travels = wanted.itinerary && (await startJourneys(lab, random.stream('journeys'), wanted.itinerary, say));
    while (cuts < wanted.formationCuts + wanted.cuts) {
      if (travels !== null) await sleep(random.between(0, onTheWayMs));
      await strike(drawStrike(random, names.length, restMs));
      // On its way to another version it is healthy at the end only.
      await (travels === null ? lab.healthy(healthyMs) : serving(lab));
      travels?.check();
      const now = await clusterIdOf(first);
      if (now !== clusterId) throw new Error(`R1: the cluster ID was ${clusterId} and is ${now}`);
    }
    journeys = (await travels?.end()) ?? 0;
    await lab.healthy(healthyMs);
  } catch (error) {
    tellTraffic(traffic, say);
    throw error;
  }
  const { findings, acknowledged, longestGap, print } = await traffic.stop();
  if (findings.length > 0) {
    say(print());
    throw new Error(`the history is wrong:\n${findings.map((each) => JSON.stringify(each)).join('\n')}`);
  }
  return { cuts, otherStrikes, journeys, acknowledged, longestGapMs: longestGap, clusterId };
}

/** The promise, or the signal's reason as soon as it fires. */
async function unless<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  const { promise: never, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, never]);
  } finally {
    signal.removeEventListener('abort', abort);
    // Nobody waits for the one that has lost.
    promise.catch(() => undefined);
    never.catch(() => undefined);
  }
}

async function clusterIdOf(host: LabHost): Promise<string> {
  const { stdout, stderr } = await host.etcdctl('member', 'list', '--write-out', 'json');
  const id = /"cluster_id":(\d+)/.exec(stdout)?.[1];
  if (id === undefined) throw new Error(`no cluster ID: ${stdout}${stderr}`);
  return BigInt(id).toString(16);
}

function tellTraffic(traffic: Traffic, say: Say): void {
  const last = traffic.history().slice(-20);
  say(`the last of the traffic:\n${last.map((each) => JSON.stringify(each)).join('\n')}`);
}

async function tellState(lab: Lab, say: Say): Promise<void> {
  const shown = await lab.picket('status', cluster).catch((error: Error) => ({ stdout: error.message, stderr: '' }));
  say(`picket status says:\n${shown.stdout}${shown.stderr}`);
  for (const host of lab.hosts) {
    if (host.init === null) {
      say(`${host.name} is off`);
      continue;
    }
    const logs = 'tail -n 15 /var/log/picket/agent.log /var/log/etcd/etcd.log /var/log/etcd/etcd-console.log';
    const { stdout } = await host.run(`ps -o pid,user,args; ls -la /etc/etcd /var/lib/picket; ${logs}`);
    say(`${host.name}:\n${stdout}`);
  }
}
