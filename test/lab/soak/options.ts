import { parseArgs } from 'node:util';
import { type Read, readWith } from '../../support/options.ts';
import { archivesIn, type Itinerary } from './journeys.ts';
import { legsIn } from './legs.ts';

export interface SoakOptions {
  readonly cuts: number;
  readonly cutsPerCluster: number;
  readonly seed: string | undefined;
  readonly five: boolean;
  /** Between which versions the cluster travels; null: it keeps its own. */
  readonly itinerary: Itinerary | null;
}

export const usage = `Usage: npm run soak [-- OPTIONS]

  --cuts N              power cuts in all (default 200); other strikes come between them
  --cuts-per-cluster N  after so many, a new cluster is formed (default 40)
  --five                five hosts in place of three
  --releases FOLDER     the cluster goes from one version of etcd to another meanwhile, also down and with aborts:
                        those whose archives, as etcd's maintainers make them, are in this folder
  --journeys LIST       where to, in turn and again from the first, such as 3.7.1,3.5.33!2: the second one is aborted
                        in its stage 2 (default: drawn)
  --seed S              what befalls which host and when: the same again (default: a new one, which is printed)`;

/** What the command line asks for, or what is wrong with it. */
export function readOptions(args: readonly string[]): Read<SoakOptions> {
  return readWith(() => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        cuts: { type: 'string', default: '200' },
        'cuts-per-cluster': { type: 'string', default: '40' },
        five: { type: 'boolean', default: false },
        releases: { type: 'string' },
        journeys: { type: 'string' },
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
    const { seed, five, releases, journeys } = values;
    if (journeys !== undefined && releases === undefined) return { problem: '--journeys needs --releases' };
    const archives = releases === undefined ? null : archivesIn(releases);
    if (archives === null && releases !== undefined) {
      const problem =
        '--releases takes a folder with two archives or more, named as etcd-v3.6.14-linux-amd64.tar.gz is';
      return { problem };
    }
    const versions = archives?.map(({ version }) => version) ?? [];
    const itinerary = archives && { archives, legs: journeys === undefined ? null : legsIn(journeys, versions) };
    return { cuts: Number(values.cuts), cutsPerCluster: Number(values['cuts-per-cluster']), seed, five, itinerary };
  });
}
