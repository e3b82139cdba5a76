import { randomInt } from 'node:crypto';
import type { Lab } from '../test/lab/lab.ts';
import { parseLine } from './commands.ts';
import { openGuide } from './guide.ts';
import { openLines } from './lines.ts';
import { openPlayer, Refused } from './player.ts';
import type { Programs } from './programs.ts';
import { openTrainer } from './trainer.ts';
import { BadLine } from './words.ts';

export interface SessionOptions {
  readonly lab: Lab;
  readonly programs: Programs;
  /** Where `picket` reads and writes files of the player's. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Called on Ctrl-C at a prompt. */
  readonly interrupt: () => void;
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** Does what is typed until `quit`, the end of the input or the signal; gives back how many lines failed. */
export async function play({ lab, interrupt, complain, ...options }: SessionOptions): Promise<number> {
  const { signal, say } = options;
  const player = openPlayer({ lab, ...options });
  const lines = openLines(signal, interrupt);
  const guide = openGuide({ lab, player, lines, signal, say, obey });
  const trainer = openTrainer({ lab, player, cluster: guide, anySeed: () => randomInt(1_000_000), say });

  async function obey(line: string): Promise<boolean> {
    try {
      const command = parseLine(line);
      switch (command.kind) {
        case 'quit':
          return true;
        case 'tour':
          return await guide.tour();
        case 'form':
          return await guide.form();
        case 'fault':
          await trainer.breakSomething(command.seed);
          return true;
        case 'answer':
          await trainer.answer();
          return true;
        default:
          return await player.take(command);
      }
    } catch (error) {
      if (signal.aborted) return false;
      if (error instanceof BadLine || error instanceof Refused) complain(error.message);
      else complain(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  let failed = 0;
  try {
    for (;;) {
      const line = await lines.next('lab> ');
      if (line === null) return failed;
      if (!(await obey(line))) failed += 1;
      if (['quit', 'exit'].includes(line.trim())) return failed;
    }
  } finally {
    lines.close();
  }
}
