import { failure } from '@picket/shared/errors.ts';
import { plainIn } from '@picket/shared/plain.ts';
import type { BackupsView } from '@picket/shared/protocol/backups.ts';
import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { clusterArgument } from '../arguments.ts';
import { onCluster } from '../only-cluster.ts';
import { backupLine } from '../render/backups.ts';
import { renderFleet } from '../render/fleet.ts';
import { clearScreen } from '../render/paint.ts';
import { renderStatus, type Width } from '../render/status.ts';
import type { Shell } from '../shell.ts';
import { statusesOf } from '../statuses-of.ts';
import { clusterNews } from '../waiting/cluster-news.ts';
import { untilInterrupted } from './until-interrupted.ts';

const watchEveryMs = 5000;

/** `picket status [CLUSTER]` */
export function statusCommand(program: Command, shell: Shell): void {
  const command = program
    .command('status')
    .description(
      'show a cluster: its state, the next command to run, its members and what it waits for; with --output wide, its endpoints as well; without a name, all clusters',
    )
    .option(
      '-w, --watch',
      'show the status after each event, and every five seconds, until interrupted; with --output json, one line each time',
    );
  command.argument('[cluster]', 'the cluster; left out, the only one, or all of them in one table', clusterArgument);
  command.action((given: string | undefined, { watch }: { readonly watch?: true }) => {
    if (watch === true) return onCluster(shell, given, (api, name) => follow(name, api, shell));
    return shell.withCoordinator((api) => show(given, api, shell));
  });
}

async function show(given: string | undefined, api: Api, shell: Shell): Promise<void> {
  const views = await statusesOf(api, given);
  const [only] = views;
  if (only === undefined) throw failure('no_cluster', {});
  const backups = await backupsShown(api, shell);
  // For a program, the form of the answer must not change with the number of clusters.
  const isOne = shell.json() ? given !== undefined : views.length === 1;
  if (isOne) shell.show(only, (view) => renderStatus(view, shell.paint, widthOf(shell), backups));
  else {
    const line = backups === null ? [] : [backupLine(backups, shell.times(Date.parse(only.now)))];
    shell.show({ items: views, next: null }, ({ items }) => renderFleet(items, shell.paint, line));
  }
}

/** Those of the coordinator, for people: programs ask for them alone. */
async function backupsShown(api: Api, shell: Shell): Promise<BackupsView | null> {
  return shell.json() ? null : plainIn(await api.backups());
}

function widthOf(shell: Shell): Width {
  return shell.wide() ? 'wide' : '80-columns';
}

async function follow(name: string, api: Api, shell: Shell): Promise<void> {
  const { io } = shell;
  const ended = new AbortController();
  const news = clusterNews(name, api, shell, { everyMs: watchEveryMs, ended: ended.signal });
  await untilInterrupted(
    shell,
    'picket status',
    () => news.next(),
    async () => {
      const view = await api.status({ name });
      if (shell.json()) io.stdout.write(`${JSON.stringify(view)}\n`);
      else
        io.stdout.write(`${io.isTTY ? clearScreen : ''}${renderStatus(plainIn(view), shell.paint, widthOf(shell))}\n`);
    },
  ).finally(() => ended.abort());
}
