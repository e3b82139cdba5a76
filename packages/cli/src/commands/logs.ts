import { plain } from '@picket/shared/plain.ts';
import { type LogName, type LogView, mostLogLines } from '@picket/shared/protocol/logs.ts';
import { type Command, Option } from 'commander';
import type { Api } from '../api.ts';
import { nodeGiven, sinceSeconds, wholeNumber } from '../arguments.ts';
import { nodeOf } from '../node-of.ts';
import { Refusal } from '../refusal.ts';
import type { Shell } from '../shell.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface LogFlags {
  readonly etcd?: true;
  readonly agent?: true;
  readonly since?: number;
  readonly lines?: number;
  readonly follow?: true;
}

/** `picket logs NODE`, with an ID or a name. */
export function logsCommand(program: Command, shell: Shell): void {
  program
    .command('logs')
    .description('show the newest lines of the log of a node’s etcd or agent, without secrets; needs the role operator')
    .argument(...nodeGiven)
    .option('--etcd', 'the log of etcd; it is the default for a member')
    .addOption(
      new Option('--agent', 'the log of the agent; it is the default for a client, which runs no etcd').conflicts(
        'etcd',
      ),
    )
    .option('--since <duration>', 'no line that is older than this by the clock of the node, such as 1h', sinceSeconds)
    .option('--lines <count>', 'at most this number (default: 200)', wholeNumber('--lines', 1, mostLogLines))
    .option(
      '-f, --follow',
      'continue with new lines until interrupted; with --output json, one line of JSON for each answer',
    )
    .action((given: string, { etcd, agent, since, lines, follow }: LogFlags) =>
      shell.withCoordinator(async (api) => {
        const { id, client } = await nodeOf(api, given);
        const log: LogName = agent === true || (etcd !== true && client !== null) ? 'agent' : 'etcd';
        const first = await api.readLog({ id, body: { log, lines, sinceSeconds: since, follow } });
        if (follow === true) return followLog(api, shell, { id, log }, first);
        shell.show(first, () => first.lines.map(shown).join('\n'));
        if (first.cut) shell.note(limited);
        if (first.lines.length === 0) shell.note(withoutLines(log, since));
      }),
    );
}

function withoutLines(log: LogName, since: number | undefined): string {
  const name = log === 'etcd' ? 'The log of etcd' : 'The log of the agent';
  if (since === undefined) return `picket: ${name} is empty.`;
  return `picket: ${name} has no line in the time of --since. That counts by the clock of the node.`;
}

const limited =
  'picket: There are older lines. One answer has at most 2,000 lines and 512 KiB; --since asks for fewer.';
const missing = 'picket: Lines are missing before these: the log was rotated, or more came than one answer can have.';
const pauseMs = 2000;

/** What `--follow` waits out: a reboot of the machine, or another operator who reads a log of the same node. */
const passing = ['log_not_sent', 'too_many_log_requests', 'too_many_requests'];

/** Prints these lines, and then each later one. */
async function followLog(
  api: Api,
  shell: Shell,
  { id, log }: { readonly id: string; readonly log: LogName },
  first: LogView,
): Promise<void> {
  const print = (view: LogView): void => {
    const { lines, cut } = view;
    if (shell.json()) shell.io.stdout.write(`${JSON.stringify(view)}\n`);
    else if (lines.length > 0) shell.io.stdout.write(`${lines.map(shown).join('\n')}\n`);
    if (cut) shell.note(missing);
  };
  print({ ...first, cut: false });
  let { cursor, follow } = first;
  let problem: string | null = null;
  await untilInterrupted(
    shell,
    'picket logs',
    () => shell.io.sleep(pauseMs),
    async () => {
      try {
        const next =
          follow === null || cursor === null
            ? await api.readLog({
                id,
                body: { log, lines: mostLogLines, follow: true, cursor: cursor ?? undefined },
              })
            : await api.followLog({ id, follow, query: { cursor } });
        ({ cursor, follow } = next);
        problem = null;
        if (next.lines.length > 0 || next.cut) print(next);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { code, message } = error.wire;
        // After a restart of the coordinator, or an hour: the next request begins again where this one was.
        if (code === 'log_follow_unknown') follow = null;
        else if (!passing.includes(code)) throw error;
        else if (code !== problem) shell.note(`picket: ${plain(message)} Trying again.`);
        problem = code;
      }
    },
  );
}

/** With the tabs of a stack trace. */
function shown(line: string): string {
  return plain(line.replaceAll('\t', '    '));
}
