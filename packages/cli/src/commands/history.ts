import { quote } from '@picket/shared/problems.ts';
import { historyMetrics } from '@picket/shared/protocol/history.ts';
import type { Command } from 'commander';
import { memberArgument, momentArgument, several } from '../arguments.ts';
import { clusterCommand } from '../only-cluster.ts';
import { reads } from '../reads.ts';
import { barSetFor } from '../render/bars.ts';
import { renderHistory } from '../render/history.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';

interface HistoryFlags {
  readonly member?: string;
  readonly metric?: readonly string[];
  readonly since?: string;
}

/** Where nobody says how wide the terminal is. */
const usualColumns = 80;
/** A wider line is hard to follow. */
const mostColumns = 240;

const metricArgument = reads({ words: historyMetrics }, (text: string): string => {
  if (historyMetrics.some((metric) => metric === text)) return text;
  throw usageError(`--metric ${quote(text)} is not a metric; there are ${historyMetrics.join(', ')}`);
});

/** `picket history [CLUSTER]` */
export function historyCommand(program: Command, shell: Shell): void {
  const command = program
    .command('history')
    .description('draw what the members reported in the last 30 days, a chart for each metric')
    .option('--member <name>', 'only this member', memberArgument)
    .option(
      '--metric <metric>',
      `only this one of ${historyMetrics.join(', ')}; repeat it for several`,
      several(metricArgument),
    )
    .option(
      '--since <time>',
      'from then on: 12h or 7d ago, or a time in UTC such as 2026-11-26T22:00Z (default: 24h)',
      momentArgument('--since', shell.io.now),
    );
  clusterCommand(command, shell, async (api, name, { member, metric: metrics, since }: HistoryFlags) => {
    const view = await api.history({ name, query: { member, metric: metrics?.join(','), since } });
    const canvas = { columns: columnsOf(shell), barSet: barSetFor(shell.io.env) };
    shell.show(view, (history) => renderHistory(history, canvas));
  });
}

function columnsOf({ io }: Shell): number {
  const said = Number(io.env.COLUMNS);
  const columns = io.columns ?? (said > 0 ? said : usualColumns);
  return Math.min(mostColumns, Math.floor(columns));
}
