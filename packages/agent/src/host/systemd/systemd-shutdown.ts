import { systemctl } from './systemctl.ts';

const patienceMs = 1000;

/**
 * True if systemd stops this machine, as `systemctl is-system-running` shows: `shutdown.target` is active or queued. False
 * if systemd does not answer within a second. Never rejects.
 *
 * @param program path of systemctl, for tests
 */
export async function isSystemdStopping(program = 'systemctl'): Promise<boolean> {
  const shown = systemctl(program).run(['show', '--property=SystemState'], patienceMs);
  return (await shown.catch(() => '')).trim() === 'SystemState=stopping';
}
