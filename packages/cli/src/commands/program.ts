import { type ExitCode, exitCodes, isAlreadySo } from '@picket/shared/exit-codes.ts';
import { Command, CommanderError, Option } from 'commander';
import { type Connect, connectCoordinator } from '../coordinator-client.ts';
import { errorForUser, exitCodeAfter } from '../errors.ts';
import type { Io } from '../io.ts';
import { plainIo } from '../plain-io.ts';
import { type GlobalOptions, openShell, type Shell } from '../shell.ts';
import { version } from '../version.ts';
import { advisoriesCommand } from './advisories.ts';
import { auditCommands } from './audit.ts';
import { backupsCommand } from './backups.ts';
import { bundleCommand } from './bundle.ts';
import { clusterCommands } from './cluster.ts';
import { completionCommands } from './completion.ts';
import { diagnoseCommand } from './diagnose.ts';
import { explainCommand } from './explain.ts';
import { historyCommand } from './history.ts';
import { installerCommand } from './installer.ts';
import { listCommands } from './lists.ts';
import { loginCommand } from './login.ts';
import { logsCommand } from './logs.ts';
import { memberCommands } from './member.ts';
import { notifyCommands } from './notify.ts';
import { operatorCommands } from './operators.ts';
import { releaseCommands } from './release.ts';
import { rolloutCommands } from './rollout.ts';
import { snapshotCommands } from './snapshot.ts';
import { statusCommand } from './status.ts';
import { tokenCommands } from './token.ts';

/**
 * Runs one command line, without the program's own name. Resolves to its exit code.
 */
export async function run(
  argv: readonly string[],
  world: Io,
  connect: Connect = connectCoordinator,
): Promise<ExitCode> {
  const io = plainIo(world);
  const program = new Command('picket');
  const shell = openShell(io, connect, () => program.opts<GlobalOptions>());
  furnish(program, shell, connect);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return shell.exitCode();
  } catch (error) {
    if (io.interrupted.aborted) return exitCodes.interrupted.code;
    if (error instanceof CommanderError && isHelp(error))
      return error.exitCode === 0 ? exitCodes.done.code : exitCodes.usage.code;
    const wire = errorForUser(error, commandNamed(program, argv));
    const isSo = isAlreadySo(wire.code);
    const code = wire.code === 'usage_invalid' ? '' : ` (${wire.code})`;
    if (wantsJson(argv)) (shell.hasShown() ? io.stderr : io.stdout).write(`${JSON.stringify(wire, null, 2)}\n`);
    else if (isSo) io.stdout.write(`${wire.message} ${wire.hint}\n`);
    else io.stderr.write(`picket: ${wire.message}\n  ${wire.hint}${code}\n`);
    return exitCodeAfter(error);
  }
}

/** Each adds its commands to the program, in the order of the help. */
const commands = [
  clusterCommands,
  memberCommands,
  rolloutCommands,
  tokenCommands,
  statusCommand,
  diagnoseCommand,
  advisoriesCommand,
  backupsCommand,
  explainCommand,
  historyCommand,
  logsCommand,
  bundleCommand,
  snapshotCommands,
  releaseCommands,
  installerCommand,
  listCommands,
  operatorCommands,
  notifyCommands,
  loginCommand,
  auditCommands,
];

function furnish(program: Command, shell: Shell, connect: Connect): void {
  const { io } = shell;
  program
    .description('Manages TLS etcd clusters on small boards through their coordinator.')
    .version(version, '-V, --version', 'show the version of this command')
    .addOption(
      new Option(
        '-o, --output <format>',
        'the form of answers and errors; wide: more columns where there are more, and times in UTC',
      )
        .choices(['table', 'wide', 'json'])
        .default('table'),
    )
    .option('--context <file>', 'the context file (default: $PICKET_CONTEXT, or ~/.config/picket/context.yml)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // Printed once, with its hint, by run.
      outputError: () => undefined,
    })
    .exitOverride();
  for (const addTo of commands) addTo(program, shell);
  completionCommands(program, shell, connect);
  program
    .command('version')
    .description('show the version of this command')
    .action(() => shell.show({ version }, () => `picket ${version}`));
}

function isHelp({ code }: CommanderError): boolean {
  return code === 'commander.help' || code === 'commander.helpDisplayed' || code === 'commander.version';
}

/** The deepest command that the line names, for the hint about its help. */
function commandNamed(program: Command, argv: readonly string[]): string {
  const names = ['picket'];
  let command = program;
  for (const word of argv) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) continue;
    names.push(word);
    command = next;
  }
  return names.join(' ');
}

/** Reads the words of the line, because an error may come before the options are parsed. */
function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, index) =>
      word === '--output=json' ||
      word === '-ojson' ||
      (word === 'json' && /^(-o|--output)$/.test(argv[index - 1] ?? '')),
  );
}
