import { errorForUser } from '../errors.ts';
import type { Shell } from '../shell.ts';

/**
 * Does this again and again until the user interrupts, with a pause before each time but the first. Waits for a
 * coordinator that restarts: an operator may watch for its return.
 */
export async function untilInterrupted(
  shell: Shell,
  command: string,
  pause: () => Promise<void>,
  work: () => Promise<void>,
): Promise<void> {
  const { io } = shell;
  while (!io.interrupted.aborted) {
    try {
      await work();
    } catch (error) {
      const { code, message } = errorForUser(error, command);
      if (io.interrupted.aborted) return;
      if (code !== 'coordinator_unreachable' && code !== 'coordinator_silent') throw error;
      shell.note(`picket: ${message} Trying again.`);
    }
    await pause();
  }
}
