import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { onCluster, withOptionalCluster } from '../only-cluster.ts';
import { Refusal } from '../refusal.ts';
import { clearScreen } from '../render/paint.ts';
import { renderStatus } from '../render/status.ts';
import type { Shell } from '../shell.ts';
import { hasNoStream, olderCoordinator } from './follow-events.ts';
import { untilInterrupted } from './until-interrupted.ts';

const watchEveryMs = 5000;
/** Without an event stream. */
const withoutStreamMs = 2000;

/** `picket status [CLUSTER]` */
export function statusCommand(program: Command, shell: Shell): void {
  withOptionalCluster(
    program
      .command('status')
      .description(
        'show a cluster: its state, the next command to run, its endpoints, its members and what it waits for',
      ),
  )
    .option(
      '-w, --watch',
      'show the status after each event, and every five seconds, until interrupted; with --output json, one line each time',
    )
    .action((given: string | undefined, { watch }: { readonly watch?: true }) =>
      onCluster(shell, given, async (api, name) => {
        if (watch === true) return follow(name, api, shell);
        const view = await api.status(name);
        return shell.show(view, () => renderStatus(view, shell.paint));
      }),
    );
}

async function follow(name: string, api: Api, shell: Shell): Promise<void> {
  const { io } = shell;
  const ended = new AbortController();
  const news = newsOf(name, api, shell, ended.signal);
  await untilInterrupted(
    shell,
    'picket status',
    () => news.next(),
    async () => {
      const view = await api.status(name);
      if (shell.json()) io.stdout.write(`${JSON.stringify(view)}\n`);
      else io.stdout.write(`${io.isTTY ? clearScreen : ''}${renderStatus(view, shell.paint)}\n`);
    },
  ).finally(() => ended.abort());
}

/**
 * When to look at a cluster again: after an event, and after a while in any case, because not each change of the status
 * is an event.
 */
function newsOf(name: string, api: Api, shell: Shell, ended: AbortSignal) {
  const { io } = shell;
  let isNew = false;
  let everyMs = watchEveryMs;
  let wake = (): void => undefined;
  const tell = (): void => {
    isNew = true;
    wake();
  };
  const listener = { event: tell, upTo: () => undefined, gap: tell };

  async function listen(): Promise<void> {
    while (!ended.aborted) {
      try {
        await api.streamEvents({ cluster: name }, null, listener, ended);
        tell();
      } catch (error) {
        if (ended.aborted || io.interrupted.aborted) return;
        // The status is read all the same, and says what is wrong with the connection.
        if (error instanceof Refusal) {
          everyMs = withoutStreamMs;
          shell.note(
            hasNoStream(error) ? olderCoordinator : `picket: ${error.wire.message} picket asks every 2 s instead.`,
          );
          return;
        }
      }
      await io.sleep(withoutStreamMs);
    }
  }

  void listen();
  return {
    async next() {
      if (!isNew) {
        const told = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([io.sleep(everyMs), told]);
      }
      isNew = false;
    },
  };
}
