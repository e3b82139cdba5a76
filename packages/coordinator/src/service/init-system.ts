import { existsSync } from 'node:fs';
import { type InitSystem, places } from './places.ts';
import { type Ended, run } from './run.ts';

const name = 'picket-coordinator';

/** The init system that runs this machine; null if it is neither OpenRC nor systemd. */
export function initSystemHere(): InitSystem | null {
  // The test of sd_booted(3).
  if (existsSync('/run/systemd/system')) return 'systemd';
  return existsSync('/run/openrc/softlevel') ? 'openrc' : null;
}

export interface ServiceState {
  readonly runs: boolean;
  readonly startsAtBoot: boolean;
}

export async function serviceState(init: InitSystem | null): Promise<ServiceState> {
  if (init === 'systemd') {
    return {
      runs: (await run('systemctl', ['is-active', '--quiet', name])).ok,
      startsAtBoot: (await run('systemctl', ['is-enabled', '--quiet', name])).ok,
    };
  }
  if (init === 'openrc') {
    const shown = await run('rc-update', ['show', 'default']);
    return {
      runs: (await run('rc-service', [name, 'status'])).ok,
      startsAtBoot: shown.stdout.split('\n').some((line) => line.trim().split(' ')[0] === name),
    };
  }
  return { runs: false, startsAtBoot: false };
}

type Commands = readonly (readonly [program: string, ...args: string[]])[];

/** Starts the service now and at each boot; one that runs gets its present programs. */
export function startCommands(init: InitSystem, isRestart: boolean): Commands {
  if (init === 'systemd')
    return [
      ['systemctl', 'daemon-reload'],
      ['systemctl', 'enable', name],
      ['systemctl', 'restart', name],
    ];
  return [
    ['rc-update', 'add', name, 'default'],
    ['rc-service', name, isRestart ? 'restart' : 'start'],
  ];
}

/** Stops a service that runs, and takes it out of the boot if it is in it. */
export function stopCommands(init: InitSystem, { runs, startsAtBoot }: ServiceState): Commands {
  if (init === 'systemd') return runs || startsAtBoot ? [['systemctl', 'disable', '--now', name]] : [];
  const stop: Commands = runs ? [['rc-service', name, 'stop']] : [];
  return startsAtBoot ? [...stop, ['rc-update', 'delete', name, 'default']] : stop;
}

/** The first command that fails ends it. */
export async function runAll(commands: Commands): Promise<Ended> {
  let ended: Ended = { ok: true, stdout: '', problem: '' };
  for (const [program, ...args] of commands) {
    ended = await run(program, args);
    if (!ended.ok) return { ...ended, problem: `${[program, ...args].join(' ')}: ${ended.problem}` };
  }
  return ended;
}

/** The command that shows an operator the service's log. */
export const logCommand: Readonly<Record<InitSystem, string>> = {
  systemd: `journalctl -u ${name} -n 50`,
  openrc: `tail -n 50 ${places.logs}/coordinator.log`,
};
