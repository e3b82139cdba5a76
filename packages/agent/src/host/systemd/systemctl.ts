import { failure } from '@picket/shared/errors.ts';
import { type Ended, runAs } from '../run-as.ts';

const longestProblem = 300;

/**
 * Runs one command of systemctl. Resolves to its output. Throws `init_command_failed` with its complaint if it fails or
 * takes longer than `patienceMs`; systemd then still finishes the request.
 *
 * @param program its path; a bare name is searched in the system's program folders
 */
export async function systemctl(program: string, args: readonly string[], patienceMs: number): Promise<string> {
  const ended = await runAs(program, ['--no-ask-password', ...args], { patienceMs });
  const { error: cause } = ended;
  if (cause === null) return ended.stdout;
  const facts = { command: `systemctl ${args[0]}`, problem: problemOf(ended, patienceMs) };
  throw failure('init_command_failed', facts, { cause });
}

function problemOf({ error, stderr }: Ended, patienceMs: number): string {
  if (error?.killed === true) return `it gave no answer within ${patienceMs / 1000} s`;
  if (error?.code === 'ENOENT') return 'the program does not exist';
  // The last line is the reason, except advice on where to read more.
  const said = stderr.split('\n').findLast((line) => line !== '' && !line.startsWith('See "'));
  return (said ?? 'it gave no reason').slice(0, longestProblem).replace(/\.$/, '');
}

const shutdownPatienceMs = 1000;

/**
 * True if systemd stops this machine, as `systemctl is-system-running` shows: `shutdown.target` is active or queued. False
 * if systemd does not answer within a second. Never rejects.
 *
 * @param program path of systemctl, for tests
 */
export async function isSystemdStopping(program = 'systemctl'): Promise<boolean> {
  const shown = systemctl(program, ['show', '--property=SystemState'], shutdownPatienceMs);
  return (await shown.catch(() => '')).trim() === 'SystemState=stopping';
}
