import { execFile } from 'node:child_process';
import { failure } from '@picket/shared/errors.ts';
import { cleanEnvironment } from '../clean-environment.ts';
import { codeOf } from '../file-failure.ts';

const mostOutputBytes = 64 * 1024;
const longestProblem = 300;

export interface Systemctl {
  /**
   * Its output. Throws `init_command_failed` with its complaint if it fails or takes longer than `patienceMs`; systemd
   * then still finishes the request.
   */
  run(args: readonly string[], patienceMs: number): Promise<string>;
}

/** @param program its path; a bare name is searched in the system's program folders */
export function systemctl(program: string): Systemctl {
  return {
    run: (args, patienceMs) =>
      new Promise((done, fail) => {
        const options = {
          env: { ...cleanEnvironment, LC_ALL: 'C' },
          timeout: patienceMs,
          killSignal: 'SIGKILL' as const,
          maxBuffer: mostOutputBytes,
          encoding: 'utf8' as const,
        };
        execFile(program, ['--no-ask-password', ...args], options, (error, stdout, stderr) => {
          if (error === null) return done(stdout);
          const command = `systemctl ${args[0]}`;
          const problem = problemOf(error, stderr, patienceMs);
          fail(failure('init_command_failed', { command, problem }, { cause: error }));
        });
      }),
  };
}

function problemOf(error: Error & { readonly killed?: boolean | undefined }, stderr: string, patienceMs: number) {
  if (error.killed === true) return `it gave no answer within ${patienceMs / 1000} s`;
  if (codeOf(error) === 'ENOENT') return 'the program does not exist';
  // The last line is the reason, except advice on where to read more.
  const said = stderr.split('\n').findLast((line) => line !== '' && !line.startsWith('See "'));
  return (said ?? 'it gave no reason').slice(0, longestProblem).replace(/\.$/, '');
}
