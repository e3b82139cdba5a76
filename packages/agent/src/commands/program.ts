import { durationSeconds, secondsOf } from '@picket/shared/duration.ts';
import { failure } from '@picket/shared/errors.ts';
import { type ExitCode, exitCodes } from '@picket/shared/exit-codes.ts';
import { canonicalAddress } from '@picket/shared/names.ts';
import { secretProblem, withoutSecrets } from '@picket/shared/secrets.ts';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { agentVersion } from '../program/version.ts';
import type { DiagnoseOptions } from './diagnose.ts';
import { type HoldOptions, holdCommand } from './hold.ts';
import { type AgentIo, type CommonOptions, type Output, plainIo } from './io.ts';
import { type JoinOptions, joinCommand } from './join.ts';
import { onceCommand } from './once.ts';
import { type PreflightOptions, preflightCommand } from './preflight.ts';
import { releaseCommand } from './release.ts';
import { runCommand } from './run.ts';
import { setCoordinatorCommand } from './set-coordinator.ts';
import { printError } from './shown-error.ts';
import { type StatusOptions, statusCommand } from './status.ts';
import { type WaitOptions, waitCommand } from './wait.ts';

/** Runs one command line. Resolves to its exit code. */
export async function runProgram(args: readonly string[], world: AgentIo): Promise<ExitCode> {
  const plain = plainIo(world);
  let hasShown = false;
  const stdout: AgentIo['stdout'] = {
    write(text) {
      hasShown = true;
      return plain.stdout.write(text);
    },
  };
  const io = { ...plain, stdout };
  let output: Output = 'text';
  let exitCode: ExitCode = exitCodes.done.code;
  const program = new Command('picket-agent')
    .description('Runs this machine’s etcd member or client node as its coordinator asks.')
    .version(agentVersion)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Commander repeats an argument that it does not know, and that may be a join string (R11).
      writeErr: (text) => io.stderr.write(withoutSecrets(text)),
      outputError: (text, write) => (wantsJson(args) ? undefined : write(text)),
    });
  program.hook('preAction', (_program, command) => {
    output = command.opts<{ output?: Output }>().output ?? 'text';
  });
  const add = <Options extends CommonOptions>(
    name: string,
    description: string,
    action: (io: AgentIo, options: Options) => Promise<unknown>,
  ): Command =>
    program
      .command(name)
      .description(description)
      .option('--config <file>', 'the path of agent.yml; the default file may be missing')
      .addOption(outputOption())
      .action(async (options: Options) => {
        exitCode = (await action(io, options)) === exitCodes.found.code ? exitCodes.found.code : exitCodes.done.code;
      });

  add<JoinOptions>('join', 'Join a cluster; the join string comes from PICKET_JOIN, stdin or --join-file', joinCommand)
    .option('--coordinator <url>', 'https://HOST:PORT; the default port is 7443')
    .option('--name <name>', 'the name of the member or client, if it is not the host name')
    .addOption(
      new Option('--address <ip>', 'the address of the member in hosts.csv, instead of its name')
        .argParser(ipAddress)
        .conflicts(['client', 'name']),
    )
    .option('--join-file <file>', 'a file that holds the join string')
    .option('--client', 'join as a client node: it runs no etcd and keeps a client certificate up to date')
    .option('--again', 'join again although this machine has joined');
  add<PreflightOptions>('preflight', 'Check whether this machine can join; changes nothing', preflightCommand).option(
    '--client',
    'check for a client node',
  );
  add('run', 'Run the agent until it gets a signal to stop; etcd keeps running', runCommand);
  add('once', 'Fetch, act and report once; exit 1 with reasons if the node is not as it should be', onceCommand);
  add<WaitOptions>('wait', 'Wait until this node is ready; print what it waits for', waitCommand).option(
    '--within <seconds>',
    'give up after this many seconds; the agent keeps running',
    wholeSeconds,
    300,
  );
  add<HoldOptions>(
    'hold',
    'Hold this machine’s member, so that the machine can be rebooted or worked on: the leader hands over, and no other member is disrupted',
    holdCommand,
  )
    .addOption(
      new Option(
        '--for <duration>',
        'for how long at most, from now, such as 30m or 2h (default: 30m); needed to change until when a member is held',
      ).argParser(holdSeconds),
    )
    .option('--reason <text>', 'why, for the status and the events', holdReason)
    .option('--stop', 'stop etcd too; otherwise it runs until the machine is rebooted');
  program
    .command('set-coordinator')
    .description('Ask the coordinator at another address, if it is the same one: it has moved, or was restored there')
    .argument('<url>', 'https://HOST:PORT; the default port is 7443')
    .option('--config <file>', 'the path of agent.yml; the default file may be missing')
    .action((url: string, options: CommonOptions) => setCoordinatorCommand(io, { url, ...options }));
  add('release', 'End the hold of this machine’s member before its time', releaseCommand);
  add<StatusOptions>('status', 'Show what this node has and what it waits for', statusCommand);
  add<DiagnoseOptions>(
    'diagnose',
    'Find out why something does not work on this machine, without the coordinator; the exit code is 3 if there is a cause, else 0',
    // Only here: the agent that runs needs none of it.
    async (io, options) => (await import('./diagnose.ts')).diagnoseCommand(io, options),
  ).option('--etcd-config <file>', 'the conf.yml of another etcd, such as one that was built by hand');

  program
    .command('explain')
    .description('Say what a code means and what to do, without the coordinator; without a code, list all codes')
    .argument(
      '[code]',
      'the code of an error, a reason, an event, a problem, or an exit code, or the number of a fault of etcd',
    )
    .addOption(outputOption())
    .action(async (code: string | undefined) => {
      // Only here: the agent that runs needs no texts of codes.
      const { explained } = await import('@picket/shared/explain/as-text.ts');
      const { answer, text } = explained(code);
      io.stdout.write(output === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : text);
    });

  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError))
      return printError(hasShown ? { ...io, stdout: io.stderr } : io, error, output);
    if (error.exitCode === 0) return exitCodes.done.code;
    if (wantsJson(args)) {
      const problem = withoutSecrets(error.message).replace(/^error: /, '');
      printError(io, failure('usage_invalid', { problem, command: 'picket-agent' }), 'json');
    }
    return exitCodes.usage.code;
  }
}

/** Reads the words of the line, because an error may come before the options are parsed. */
function wantsJson(args: readonly string[]): boolean {
  return args.some((word, index) => word === '--output=json' || (word === 'json' && args[index - 1] === '--output'));
}

function outputOption(): Option {
  return new Option('--output <form>', 'how to print results and errors').choices(['text', 'json']).default('text');
}

function wholeSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,6}$/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError('It takes whole seconds, from 1 to 999999.');
}

function holdSeconds(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds === undefined) throw new InvalidArgumentError('It takes a duration, such as 30m or 2h.');
  if (seconds >= 60 && seconds <= secondsOf.d) return seconds;
  throw new InvalidArgumentError('It takes 1m to 24h.');
}

function holdReason(text: string): string {
  if (text.length < 1 || text.length > 200) throw new InvalidArgumentError('It takes 1 to 200 characters.');
  const problem = secretProblem(text);
  if (problem !== null) throw new InvalidArgumentError(`It ${problem}.`);
  return text;
}

function ipAddress(text: string): string {
  const address = canonicalAddress(text);
  if (address !== undefined) return address;
  throw new InvalidArgumentError('It takes an IP address.');
}
