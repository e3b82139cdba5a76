import { PicketError } from '@picket/shared/errors.ts';
import { canonicalAddress } from '@picket/shared/names.ts';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { RemoteError } from '../coordinator/remote-error.ts';
import { agentVersion } from '../program/version.ts';
import { type AgentIo, type CommonOptions, type Output, plainIo } from './io.ts';
import { type JoinOptions, joinCommand } from './join.ts';
import { onceCommand } from './once.ts';
import { type PreflightOptions, preflightCommand } from './preflight.ts';
import { runCommand } from './run.ts';
import { type StatusOptions, statusCommand } from './status.ts';
import { type WaitOptions, waitCommand } from './wait.ts';

/** Runs one command line; resolves to the exit status: 0, 1 for what failed, 2 for a command line that is wrong. */
export async function runProgram(args: readonly string[], world: AgentIo): Promise<number> {
  const io = plainIo(world);
  let output: Output = 'text';
  const program = new Command('picket-agent')
    .description('Keeps this machine’s member of an etcd cluster as the coordinator wants it.')
    .version(agentVersion)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Commander repeats an argument that it does not take, and that may be a join string (R11).
      writeErr: (text) => io.stderr.write(text.replace(/pkt1\.\S+/g, 'pkt1.…')),
    });
  program.hook('preAction', (_program, command) => {
    output = command.opts<{ output?: Output }>().output ?? 'text';
  });
  const add = <Options extends CommonOptions>(
    name: string,
    description: string,
    action: (io: AgentIo, options: Options) => Promise<void>,
  ): Command =>
    program
      .command(name)
      .description(description)
      .option('--config <file>', 'agent.yml; the default one need not exist')
      .addOption(new Option('--output <form>', 'of results and errors').choices(['text', 'json']).default('text'))
      .action((options: Options) => action(io, options));

  add<JoinOptions>('join', 'Join a cluster; the join string comes from PICKET_JOIN, stdin or a file', joinCommand)
    .option('--coordinator <url>', 'https://HOST:PORT; the port is 7443 unless given')
    .option('--name <name>', 'the member or client to be, if the host name is not its name')
    .addOption(
      new Option('--address <ip>', 'the member to be by its address in hosts.csv, instead of by its name')
        .argParser(ipAddress)
        .conflicts(['client', 'name']),
    )
    .option('--join-file <file>', 'a file that holds the join string')
    .option('--client', 'join as a client of the cluster: no etcd runs here, a client certificate is kept fresh')
    .option('--again', 'join anew although this machine has joined');
  add<PreflightOptions>('preflight', 'Tell whether this machine can join, and change nothing', preflightCommand).option(
    '--client',
    'whether it can join as a client',
  );
  add('run', 'Keep this node as it should be until told to stop', runCommand);
  add('once', 'Do it once: fetch, act, report; exit 1 with reasons if the node is not as it should be', onceCommand);
  add<WaitOptions>('wait', 'Wait until this node is well, and tell what it waits for', waitCommand).option(
    '--within <seconds>',
    'give up after so long; the agent goes on',
    wholeSeconds,
    300,
  );
  add<StatusOptions>('status', 'Tell what this node has and waits for', statusCommand);

  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(explain(error, output));
    return 1;
  }
}

/** An error for the one at the terminal, or for the program that reads `--output json`. */
function explain(error: unknown, output: Output): string {
  if (error instanceof PicketError || error instanceof RemoteError) {
    if (output === 'json') return `${JSON.stringify(error.toWire())}\n`;
    return `error: ${error.message}\n${error.hint === '' ? '' : `hint: ${error.hint}\n`}`;
  }
  // A fault of ours: whoever reports it needs the trace.
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (output === 'text') return `error: ${trace}\n`;
  return `${JSON.stringify({ code: 'internal', message: trace, hint: '', details: {} })}\n`;
}

function wholeSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,6}$/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError('It takes whole seconds, from 1 to 999999.');
}

function ipAddress(text: string): string {
  const address = canonicalAddress(text);
  if (address !== undefined) return address;
  throw new InvalidArgumentError('It takes an IP address.');
}
