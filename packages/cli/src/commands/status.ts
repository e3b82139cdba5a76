import { plainIn } from '@picket/shared/plain.ts';
import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { clusterCommand } from '../only-cluster.ts';
import { clearScreen } from '../render/paint.ts';
import { renderStatus } from '../render/status.ts';
import type { Shell } from '../shell.ts';
import { clusterNews } from '../waiting/cluster-news.ts';
import { untilInterrupted } from './until-interrupted.ts';

const watchEveryMs = 5000;

/** `picket status [CLUSTER]` */
export function statusCommand(program: Command, shell: Shell): void {
  const command = program
    .command('status')
    .description('show a cluster: its state, the next command to run, its endpoints, its members and what it waits for')
    .option(
      '-w, --watch',
      'show the status after each event, and every five seconds, until interrupted; with --output json, one line each time',
    );
  clusterCommand(command, shell, async (api, name, { watch }: { readonly watch?: true }) => {
    if (watch === true) return follow(name, api, shell);
    shell.show(await api.status({ name }), (view) => renderStatus(view, shell.paint));
  });
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
      else io.stdout.write(`${io.isTTY ? clearScreen : ''}${renderStatus(plainIn(view), shell.paint)}\n`);
    },
  ).finally(() => ended.abort());
}
