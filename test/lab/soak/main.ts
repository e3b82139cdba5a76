// npm run soak [-- --cuts N] [--seed S]: cuts the power of three or five hosts again and again, and looks that nothing is lost.
import { optionsOrEnd } from '../../support/options.ts';
import { seeded, seedOfRun } from '../../support/seeded.ts';
import { cannotRun } from '../cannot-run.ts';
import { runCampaign } from './campaign.ts';
import { readOptions, usage } from './options.ts';

const options = optionsOrEnd(readOptions(process.argv.slice(2)), usage);
if (cannotRun !== undefined) {
  console.error(`error: the lab cannot run here: ${cannotRun}.`);
  process.exit(1);
}

const { cuts: wanted, cutsPerCluster: perCluster, five, itinerary } = options;
const seed = options.seed ?? seedOfRun();
const began = performance.now();
const say = (line: string) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`);
console.log(`Seed ${seed}: the same choices with --seed ${seed} --cuts ${wanted} --cuts-per-cluster ${perCluster}.`);

const interruption = new AbortController();
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
for (const [name, number] of Object.entries(signals)) {
  process.on(name, () => {
    if (interruption.signal.aborted) return;
    say(`${name}: the lab is taken down …`);
    process.exitCode = 128 + number;
    interruption.abort(new Error(name));
  });
}

let [cuts, clusters, otherStrikes, journeys, acknowledged, longestGapMs] = [0, 0, 0, 0, 0, 0];
try {
  while (cuts < wanted) {
    clusters += 1;
    const share = Math.min(perCluster, wanted - cuts);
    const formationCuts = Math.ceil(share / 5);
    const random = seeded(seed).stream(`cluster ${clusters}`);
    const campaign = { formationCuts, cuts: share - formationCuts, five, itinerary };
    const result = await runCampaign(random, campaign, say, interruption.signal);
    cuts += result.cuts;
    otherStrikes += result.otherStrikes;
    journeys += result.journeys;
    acknowledged += result.acknowledged;
    longestGapMs = Math.max(longestGapMs, result.longestGapMs);
    say(
      `cluster ${clusters}: ${result.cuts} power cuts and ${result.otherStrikes} other strikes, ` +
        `${result.acknowledged} acknowledged writes, none lost`,
    );
  }
  console.log(
    `${cuts} power cuts and ${otherStrikes} other strikes in ${clusters === 1 ? 'one cluster' : `${clusters} clusters`}` +
      `${itinerary === null ? '' : `, which went ${journeys} times to another version of etcd`}: every host came back, no file was ` +
      `torn, each cluster kept its ID, none of ${acknowledged} acknowledged writes was lost. ` +
      `The longest gap between two was ${(longestGapMs / 1000).toFixed(1)} s.`,
  );
} catch (error) {
  if (interruption.signal.aborted) {
    console.error(`Interrupted after ${cuts} power cuts of earlier clusters; nothing is left of the lab.`);
  } else {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    console.error(`✗ The soak failed after ${cuts} power cuts of earlier clusters; replay with --seed ${seed}.`);
    process.exitCode = 1;
  }
}
// Whatever was under way when it was interrupted may still wait for something.
if (interruption.signal.aborted) process.exit();
