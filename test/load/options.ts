import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Read, readWith } from '../support/options.ts';

export interface LoadOptions {
  readonly minutes: number;
  readonly busyLoops: number;
  readonly diskMiB: number;
}

export const usage = `Usage: npm run load [-- OPTIONS]

Keeps this machine busy, to run the tests beside it: busy loops, a file that is written and fsynced again and again,
and a cluster that is formed and taken down again and again. It ends after its time, or with Ctrl-C.

  --minutes N   for so long (default 20, at most 120)
  --loops N     busy loops (default: one for each processor of this machine)
  --disk-mib N  the size of the file, in MiB (default 64, at most 1024)`;

/** What the command line asks for, or what is wrong with it. */
export function readOptions(args: readonly string[]): Read<LoadOptions> {
  return readWith(() => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '20' },
        loops: { type: 'string', default: String(availableParallelism()) },
        'disk-mib': { type: 'string', default: '64' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const most = { minutes: 120, loops: 64, 'disk-mib': 1024 } as const;
    for (const name of ['minutes', 'loops', 'disk-mib'] as const) {
      if (!/^[1-9]\d{0,3}$/.test(values[name]) || Number(values[name]) > most[name]) {
        return { problem: `--${name} takes a whole number from 1 to ${most[name]}` };
      }
    }
    return { minutes: Number(values.minutes), busyLoops: Number(values.loops), diskMiB: Number(values['disk-mib']) };
  });
}
