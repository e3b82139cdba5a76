import { eventTable } from '@picket/shared/events/table.ts';
import { plainIn } from '@picket/shared/plain.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Command } from 'commander';
import type { Api, EventsWanted } from '../api.ts';
import { clusterArgument, limitOption, momentArgument, nodeArgument, several } from '../arguments.ts';
import { reads } from '../reads.ts';
import { type EventWidths, eventLine, eventLines, widthsOf } from '../render/events.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';
import { followEvents } from './follow-events.ts';

interface EventFlags {
  readonly node?: string;
  readonly kind?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
  readonly follow?: true;
}

/** `picket events` */
export function eventsCommand(program: Command, shell: Shell): void {
  const moment = (option: string) => momentArgument(option, shell.io.now);
  program
    .command('events')
    .description('show the events, the latest last')
    .argument('[cluster]', 'only this cluster', clusterArgument)
    .option(
      '--node <name>',
      'only events about this member or client, or about the node with this ID',
      nodeArgument('--node '),
    )
    .option(
      '--kind <kind>',
      'only this kind, such as quorum-lost; repeat it for several',
      several(reads({ words: Object.keys(eventTable) }, String)),
    )
    .option(
      '--since <time>',
      'only from then on: 12h or 2d ago, or a time in UTC such as 2026-11-26T22:00Z',
      moment('--since'),
    )
    .option('--until <time>', 'only before then, in the same form', moment('--until'))
    .option(...limitOption)
    .option('-f, --follow', 'go on with new events until interrupted; with --output json, one line for each event')
    .action((cluster: string | undefined, { follow, limit, kind: kinds, ...filter }: EventFlags) => {
      if (follow === true && filter.until !== undefined) throw usageError('--follow and --until exclude each other');
      return shell.withCoordinator(async (api) => {
        const { node, ...times } = filter;
        const wanted = { limit, cluster, node, kind: kinds?.join(','), ...times };
        const page = await api.list('events', wanted);
        // The API begins with the latest event; on a screen the end is easiest to read.
        if (follow === true) return printAndFollow(api, shell, wanted, page.items.toReversed());
        shell.show(page, ({ items }) => eventLines(items.toReversed()));
        shell.noteMore(page, 'events');
      });
    });
}

/** Prints these events, and then each later one as it is recorded. */
async function printAndFollow(
  api: Api,
  shell: Shell,
  { limit: _first, ...wanted }: EventsWanted,
  first: readonly EventView[],
): Promise<void> {
  let widths: EventWidths | undefined;
  const print = (given: EventView): void => {
    const event = plainIn(given);
    widths = widthsOf([event], widths);
    shell.io.stdout.write(`${shell.json() ? JSON.stringify(given) : eventLine(event, widths)}\n`);
  };
  if (first.length > 0) widths = widthsOf(plainIn(first));
  first.forEach(print);
  await followEvents(api, shell, wanted, first.at(-1)?.id ?? 0, print);
}
