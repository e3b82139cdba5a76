import type { ChannelView, TestSent } from '@picket/shared/protocol/notifications.ts';
import { renderTable } from './table.ts';
import { dateTime, pastTime, type Times } from './units.ts';

/** `picket notify add` */
export function addedChannel(channel: ChannelView): string {
  const { name } = channel;
  return [`The channel ${name} is added. ${promise(channel)}`, `Send a test message: picket notify test ${name}`].join(
    '\n',
  );
}

function promise({ kind, target, clusters, severity }: ChannelView): string {
  if (kind === 'ping') return `The coordinator calls ${target} while it works.`;
  const go = severity === 'critical' ? 'Critical problems go to' : 'Problems go to';
  const whose = clusters === null ? 'those of all clusters and of the coordinator' : `those of ${clusters.join(', ')}`;
  return `${go} ${target}: ${whose}.`;
}

/** `picket notify list` */
export function channelTable(channels: readonly ChannelView[], times: Times): string {
  if (channels.length === 0)
    return 'There is no channel: nobody is notified. `picket notify add --help` shows how to add one.';
  const table = renderTable(
    ['CHANNEL', 'KIND', 'TO', 'WHAT', 'OPEN', 'DELIVERED', 'STATE'],
    channels.map((channel) => {
      const { name, kind, target, deliveredAt, openProblems } = channel;
      const delivered = deliveredAt === null ? 'never' : pastTime(deliveredAt, times);
      const open = kind === 'ping' ? null : openProblems;
      return [name, kind, target, whatOf(channel), open, delivered, stateOf(channel)];
    }),
  );
  return [table, ...channels.flatMap(troubleOf)].join('\n');
}

function whatOf({ kind, clusters, severity, everySeconds }: ChannelView): string {
  if (kind === 'ping') return everySeconds === null ? 'ping' : `ping every ${everySeconds} s`;
  const of = clusters === null ? 'all' : clusters.join(' ');
  return severity === 'critical' ? `critical of ${of}` : of;
}

function stateOf({ failing, waiting }: ChannelView): string {
  if (failing !== null) return 'fails';
  return waiting === null ? 'ok' : 'sending';
}

function troubleOf({ name, failing, waiting }: ChannelView): readonly string[] {
  if (failing === null) return [];
  const { attempts, reason, nextAt } = failing;
  const sentences = [
    `${name}: ${reason.message} (attempt ${attempts}).`,
    ...(waiting === null ? [] : [`A message with ${counted(waiting)} waits since ${dateTime(waiting.since)}.`]),
    `Next attempt at ${dateTime(nextAt)}.`,
  ];
  return [sentences.join(' ')];
}

function counted({ problems, recovered }: NonNullable<ChannelView['waiting']>): string {
  const of = (count: number, what: string) => (count === 0 ? [] : [`${count} ${what}`]);
  return [...of(problems, problems === 1 ? 'problem' : 'problems'), ...of(recovered, 'over')].join(' and ');
}

/** `picket notify test` */
export function testedChannels(tested: readonly TestSent[]): string {
  return tested.map(({ name, target }) => `${name}: ${target} took the test message.`).join('\n');
}

/** `picket notify remove` */
export function removedChannel(name: string): string {
  return `The channel ${name} is removed, with its secrets.`;
}
