import { parseArgs } from 'node:util';
import { type Read, readWith } from '../../support/options.ts';

export interface SoakOptions {
  readonly cuts: number;
  readonly cutsPerCluster: number;
  readonly seed: string | undefined;
}

export const usage = `Usage: npm run soak [-- OPTIONS]

  --cuts N              power cuts in all (default 200); other strikes come between them
  --cuts-per-cluster N  after so many, a new cluster is formed (default 40)
  --seed S              what befalls which host and when: the same again (default: a new one, which is printed)`;

/** What the command line asks for, or what is wrong with it. */
export function readOptions(args: readonly string[]): Read<SoakOptions> {
  return readWith(() => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        cuts: { type: 'string', default: '200' },
        'cuts-per-cluster': { type: 'string', default: '40' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    for (const name of ['cuts', 'cuts-per-cluster'] as const) {
      if (!/^[1-9]\d{0,5}$/.test(values[name])) {
        return { problem: `--${name} takes a whole number from 1, not ${JSON.stringify(values[name])}` };
      }
    }
    if (values.seed === '') return { problem: '--seed takes a word or a number' };
    return { cuts: Number(values.cuts), cutsPerCluster: Number(values['cuts-per-cluster']), seed: values.seed };
  });
}
