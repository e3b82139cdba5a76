import { type ExitCode, exitCodes } from '@picket/shared/exit-codes.ts';
import { agentVersion } from '../program/version.ts';
import type { AgentIo } from './io.ts';

/**
 * Runs one command line, as {@link runProgram} does, and loads no more than it needs: on a board each part that is loaded costs time
 * at each start, and memory in a service for as long as it runs. Resolves to the exit code.
 */
export async function startProgram(args: readonly string[], io: AgentIo): Promise<ExitCode> {
  const [command, ...rest] = args;
  if (rest.length === 0 && (command === '--version' || command === '-V')) {
    io.stdout.write(`${agentVersion}\n`);
    return exitCodes.done.code;
  }
  if (command === 'run') {
    // As the init scripts and units start it.
    if (rest.length === 0) return serve(io, {});
    const [option, config] = rest;
    if (rest.length === 2 && option === '--config' && config !== undefined && !config.startsWith('-'))
      return serve(io, { config });
  }
  const { runProgram } = await import('./program.ts');
  return runProgram(args, io);
}

async function serve(io: AgentIo, options: { readonly config?: string }): Promise<ExitCode> {
  const { runService } = await import('./service.ts');
  return runService(io, options);
}
