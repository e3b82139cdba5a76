import { createHash, randomInt } from 'node:crypto';

/** Choices that look random and are the same for the same seed. */
export interface Seeded {
  readonly seed: string;
  /** At least 0, below 1. */
  fraction(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  /** Choices of their own, so that what happens at the same time does not change each other's. */
  stream(name: string): Seeded;
}

/** The n-th choice is the n-th hash of the seed: slow, and the same on every machine and Node.js. */
export function seeded(seed: string): Seeded {
  let drawn = 0;
  function fraction(): number {
    drawn += 1;
    return createHash('sha256').update(`${seed}\0${drawn}`).digest().readUInt32BE() / 2 ** 32;
  }
  const between = (least: number, most: number) => least + Math.floor(fraction() * (most - least + 1));
  return {
    seed,
    fraction,
    between,
    pick: <Item>(items: readonly [Item, ...Item[]]) => items[between(0, items.length - 1)] ?? items[0],
    stream: (name) => seeded(`${seed}/${name}`),
  };
}

/** PICKET_SEED, with which a run is done again, else a new one; a test that fails must name it. */
export function seedOfRun(env: NodeJS.ProcessEnv = process.env): string {
  return env.PICKET_SEED || String(randomInt(1_000_000));
}
