import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { byVersion, isEarlierMinor, minorOf } from '@picket/shared/etcd-version.ts';
import { printedError } from '../../support/printed-error.ts';
import type { Seeded } from '../../support/seeded.ts';
import { until } from '../../support/until.ts';
import type { Lab } from '../lab.ts';
import { cluster } from '../names.ts';
import { drawLeg, type Leg, legAsWanted, legInWords, type WantedLeg } from './legs.ts';

/** Takes the cluster from one version of etcd to another, again and again, while it is struck. */
export interface Journeys {
  /** Throws what went wrong so far. */
  check(): void;
  /** Resolves with their number once the one under way has arrived, and throws what went wrong. */
  end(): Promise<number>;
}

/** A release as an operator has it. */
interface Archive {
  readonly file: string;
  readonly version: string;
}

export type Archives = readonly [Archive, ...Archive[]];

const acceptedMs = 600_000;
const arrivedMs = 1_800_000;

/** The archives in a folder, by the names that etcd's maintainers give them; null if there are fewer than two. Throws if it cannot be read. */
export function archivesIn(folder: string): Archives | null {
  const named = readdirSync(folder).flatMap((name) => {
    const version = /^etcd-v(\d+\.\d+\.\d+)-linux-\w+\.tar\.gz$/.exec(name)?.[1];
    return version === undefined ? [] : [{ file: join(folder, name), version }];
  });
  const [first, ...others] = named.sort((one, other) => byVersion(one.version, other.version));
  return first === undefined || others.length === 0 ? null : [first, ...others];
}

/** Where a cluster travels. */
export interface Itinerary {
  readonly archives: Archives;
  /** In turn, and again from the first; null: each is drawn. */
  readonly legs: readonly [WantedLeg, ...WantedLeg[]] | null;
}

/** The store of the coordinator gets these archives, and then the cluster travels until `end`. */
export async function startJourneys(
  lab: Lab,
  random: Seeded,
  { archives, legs }: Itinerary,
  say: (line: string) => void,
): Promise<Journeys> {
  for (const { file } of archives) {
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    const { code, stderr } = await lab.picket('release', 'add', file, '--sha256', sha256);
    if (code !== 0) throw new Error(`picket release add: ${stderr}`);
  }
  let [ends, failed]: [boolean, { readonly error: unknown } | null] = [false, null];
  let [turn, count] = [0, 0];
  const nextLeg = (runs: string) => {
    const others = archives.map(({ version }) => version).filter((version) => version !== runs);
    if (legs === null) return drawLeg(random, others as [string, ...string[]]);
    const wanted = legs[turn % legs.length] ?? legs[0];
    turn += 1;
    return legAsWanted(random, wanted);
  };
  const travels = async () => {
    while (!ends) {
      const runs = await settled(lab);
      const leg = nextLeg(runs);
      // After an abort it may be there.
      if (leg.to === runs) say(`runs etcd ${runs} already`);
      else {
        await travel(lab, runs, leg, say);
        count += 1;
      }
    }
  };
  const travelling = travels().catch((error: unknown) => {
    failed = { error };
  });
  const check = () => {
    if (failed !== null) throw failed.error;
  };
  return {
    check,
    async end() {
      ends = true;
      await travelling;
      check();
      return count;
    },
  };
}

/** One journey: to another version, or back half way by an operator's abort. */
async function travel(lab: Lab, runs: string, leg: Leg, say: (line: string) => void): Promise<void> {
  const { to, abort } = leg;
  say(`etcd ${runs} → ${legInWords(leg)}`);
  await ordered(lab, runs, to);
  if (abort !== null) {
    if (abort.stage !== null) say(await stageOrEnd(lab, abort.stage));
    await sleep(abort.afterMs);
    await aborted(lab, say);
    say(`aborted; etcd ${await settled(lab)}`);
    return;
  }
  await settled(lab, to);
  say(`arrived at etcd ${to}`);
}

/** Resolves once it is in this stage, in a later one or at its end, with words for where it is. */
async function stageOrEnd(lab: Lab, stage: number): Promise<string> {
  let seen = '';
  const look = async () => {
    const { upgrade } = await lab.status();
    seen = JSON.stringify(upgrade);
    if (upgrade === undefined) return `over before stage ${stage}`;
    return upgrade.stage >= stage && `in stage ${upgrade.stage} of ${upgrade.stages}`;
  };
  return await until(`stage ${stage} has begun`, look, { within: arrivedMs, every: 200, lastSeen: () => seen });
}

/** The version that all members run, once nothing is under way; `wanted`: once it is this one. */
function settled(lab: Lab, wanted?: string): Promise<string> {
  let seen = '';
  const look = async () => {
    const { members, upgrade, waitsFor, state } = await lab.status();
    const versions = new Set(members.map(({ status }) => status?.etcd?.version ?? ''));
    seen = JSON.stringify({ state, upgrade, waitsFor, versions: [...versions] });
    const [version = ''] = versions;
    const isQuiet = upgrade === undefined && state === 'healthy' && versions.size === 1;
    return isQuiet && version === (wanted ?? version) && version;
  };
  const what = `all members run ${wanted === undefined ? 'one version of etcd' : `etcd ${wanted}`}`;
  return until(what, look, { within: arrivedMs, every: 1000, lastSeen: () => seen });
}

/** What is struck refuses an order for a while. */
async function ordered(lab: Lab, runs: string, to: string): Promise<void> {
  const isDown = isEarlierMinor(minorOf(to), minorOf(runs));
  const order = isDown
    ? ['cluster', 'downgrade', cluster, '--to', to, '--yes']
    : ['cluster', 'upgrade', cluster, '--to', to, '--yes', '--no-pause'];
  let refused = '';
  const accepted = async () => {
    const { code, stdout, stderr } = await lab.picket(...order);
    refused = stdout + stderr;
    // The answer to one that was accepted may have been lost.
    return code === 0 || (await lab.status()).upgrade?.to === to;
  };
  await until(`picket ${order.join(' ')} is accepted`, accepted, {
    within: acceptedMs,
    every: 1000,
    lastSeen: () => refused,
  });
}

/** Refused where it comes too late, or where nothing is left of it. */
async function aborted(lab: Lab, say: (line: string) => void): Promise<void> {
  const answered = async () => {
    const { code, stderr } = await lab.picket('rollout', 'abort', cluster);
    const refusal = code === 0 ? null : (printedError(stderr)?.code ?? 'coordinator_unreachable');
    if (refusal !== null) say(`picket rollout abort: ${refusal}`);
    return !refusal?.startsWith('coordinator_');
  };
  await until('picket rollout abort is answered', answered, { within: acceptedMs, every: 1000 });
}
