import type { Lab } from '../test/lab/lab.ts';
import { parseLine } from './commands.ts';
import { type Fault, shuffled } from './faults.ts';
import type { Guide } from './guide.ts';
import { type Player, Refused, type Step } from './player.ts';

export interface TrainerOptions {
  readonly lab: Lab;
  readonly player: Player;
  readonly cluster: Pick<Guide, 'requireHealthy' | 'awaitHealthy'>;
  /** Draws the seed of a player who names none. */
  readonly anySeed: () => number;
  readonly say: (text: string) => void;
}

/** Breaks one thing after another, and leaves it to the player to find what. */
export interface Trainer {
  /** Breaks the next thing: of the order of this seed, from its first on, or of the order that is under way. */
  breakSomething(seed: number | undefined): Promise<void>;
  /** Says what is broken, repairs it, and waits until the cluster is healthy. */
  answer(): Promise<void>;
}

export function openTrainer({ lab, player, cluster, anySeed, say }: TrainerOptions): Trainer {
  let present: Fault | undefined;
  let coming: readonly Fault[] = [];

  /** What a command says would tell the answer. */
  async function quietly(line: string): Promise<void> {
    const step = parseLine(line) as Step;
    if (step.kind === 'on') await lab.host(step.board).must(['sh', '-lc', step.line]);
    else await player.take(step, () => undefined);
  }

  return {
    async breakSomething(seed) {
      if (present !== undefined) throw new Refused('Something is broken already. To see what, and repair it: answer');
      await cluster.requireHealthy();
      if (seed !== undefined || coming.length === 0) {
        const drawn = seed ?? anySeed();
        coming = shuffled(drawn);
        say(`These faults are those of: fault ${drawn}`);
      }
      [present, ...coming] = coming as [Fault, ...Fault[]];
      for (const line of present.breaks) await quietly(line);
      say('Something is broken. Find the cause with status, events and picket diagnose. Then type: answer');
    },
    async answer() {
      if (present === undefined) throw new Refused('Nothing is broken by the lab. To break something: fault');
      const { cause, breaks, repairs } = present;
      say(`${cause}\nThe lab broke it with:\n  ${breaks.join('\n  ')}\nIt repairs it with:\n  ${repairs.join('\n  ')}`);
      for (const line of repairs) await quietly(line);
      present = undefined;
      await cluster.awaitHealthy();
    },
  };
}
