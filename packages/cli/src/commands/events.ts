import { eventTable } from '@picket/shared/events/table.ts';
import { plainIn } from '@picket/shared/plain.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Command } from 'commander';
import type { Api, EventsWanted } from '../api.ts';
import { clusterArgument, limitOption, momentArgument, nodeArgument, several } from '../arguments.ts';
import { reads } from '../reads.ts';
import { type EventColumn, eventLine, eventLines, widthsOf } from '../render/events.ts';
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
  readonly verbose?: true;
}

const onlyInternal = 'There are only internal steps of the coordinator. To see them, add --verbose.';

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
    .option('--verbose', 'show the internal steps of the coordinator too, and the kind of each event')
    .option('-f, --follow', 'continue with new events until interrupted; with --output json, one line for each event')
    .action((cluster: string | undefined, { follow, verbose, limit, kind: kinds, ...filter }: EventFlags) => {
      if (follow === true && filter.until !== undefined) throw usageError('--follow and --until exclude each other');
      return shell.withCoordinator(async (api) => {
        const { node, ...times } = filter;
        const isWhole = verbose === true || kinds !== undefined || shell.json();
        const all = { limit, cluster, node, kind: kinds?.join(','), ...times };
        const wanted = isWhole ? all : { ...all, internal: 'false' as const };
        const columns = columnsFor(cluster, verbose);
        const page = await api.list('events', wanted);
        // The API begins with the latest event; on a screen the end is easiest to read.
        if (follow === true) return printAndFollow(api, shell, { wanted, columns }, page.items.toReversed());
        const hasInternal = page.items.length === 0 && !isWhole && (await isAny(api, all));
        shell.show(page, ({ items }) => (hasInternal ? onlyInternal : eventLines(items.toReversed(), columns)));
        shell.noteMore(page, 'events');
      });
    });
}

/** The cluster that was named needs no column. */
function columnsFor(cluster: string | undefined, verbose: true | undefined): readonly EventColumn[] {
  return [...(cluster === undefined ? ['cluster' as const] : []), ...(verbose === true ? ['kind' as const] : [])];
}

async function isAny(api: Api, wanted: EventsWanted): Promise<boolean> {
  return (await api.list('events', { ...wanted, limit: 1 })).items.length > 0;
}

interface Followed {
  readonly wanted: EventsWanted;
  readonly columns: readonly EventColumn[];
}

/** Prints these events, and then each later one as it is recorded. */
async function printAndFollow(
  api: Api,
  shell: Shell,
  { wanted: { limit: _first, ...wanted }, columns }: Followed,
  first: readonly EventView[],
): Promise<void> {
  let widths = widthsOf(plainIn(first), columns);
  const print = (given: EventView): void => {
    const event = plainIn(given);
    widths = widthsOf([event], columns, widths);
    shell.io.stdout.write(`${shell.json() ? JSON.stringify(given) : eventLine(event, columns, widths)}\n`);
  };
  first.forEach(print);
  await followEvents(api, shell, wanted, first.at(-1)?.id ?? 0, print);
}
