import type { Seeded } from '../../support/seeded.ts';

/** One way that the cluster is to go. */
export interface Leg {
  readonly to: string;
  /** An operator takes it back so long after its beginning, or after this stage of it has begun. */
  readonly abort: { readonly stage: number | null; readonly afterMs: number } | null;
}

/** What a leg of a list asks for; it is aborted in this stage. */
export interface WantedLeg {
  readonly to: string;
  readonly stage: number | null;
}

type Versions = readonly [string, ...string[]];

const longestBeforeAbortMs = 90_000;
const longestInStageMs = 20_000;

/** The legs of a list such as `3.7.1,3.5.33!2`: the second one is aborted in its second stage. Throws what is wrong with it. */
export function legsIn(list: string, versions: readonly string[]): readonly [WantedLeg, ...WantedLeg[]] {
  const legs = list.split(',').map((text) => {
    const [, to = '', stage] = /^([\d.]+)(?:!([1-9]))?$/.exec(text) ?? [];
    if (!versions.includes(to)) throw new Error(`--journeys has ${JSON.stringify(text)}, which no archive brings`);
    return { to, stage: stage === undefined ? null : Number(stage) };
  });
  const [first, ...others] = legs;
  if (first === undefined) throw new Error('--journeys takes a version or more');
  return [first, ...others];
}

/** To any other version; three of ten are aborted. */
export function drawLeg(random: Seeded, others: Versions): Leg {
  const to = random.pick(others);
  const isAborted = random.fraction() < 0.3;
  return { to, abort: isAborted ? { stage: null, afterMs: random.between(0, longestBeforeAbortMs) } : null };
}

/** When exactly it is aborted is drawn. */
export function legAsWanted(random: Seeded, { to, stage }: WantedLeg): Leg {
  return { to, abort: stage === null ? null : { stage, afterMs: random.between(0, longestInStageMs) } };
}

export function legInWords({ to, abort }: Leg): string {
  if (abort === null) return to;
  return `${to}, aborted ${abort.afterMs} ms after ${abort.stage === null ? 'its beginning' : `stage ${abort.stage} has begun`}`;
}
