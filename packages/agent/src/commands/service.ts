import { type ExitCode, exitCodes } from '@picket/shared/exit-codes.ts';
import { type AgentIo, type CommonOptions, plainIo } from './io.ts';
import { runCommand } from './run.ts';
import { printError } from './shown-error.ts';

/** `picket-agent run`, as init scripts and units start it. Resolves to its exit code. */
export async function runService(world: AgentIo, options: CommonOptions): Promise<ExitCode> {
  const io = plainIo(world);
  try {
    await runCommand(io, options);
    return exitCodes.done.code;
  } catch (error) {
    return printError(io, error, 'text');
  }
}
