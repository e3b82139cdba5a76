import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import type { Driver, InitChoice } from '../config/agent-config.ts';
import { currentBoot } from '../host/boot.ts';
import { systemClock } from '../host/clock.ts';
import { hostFiles } from '../host/files/files.ts';
import type { Clock, Host, HostFiles, InitSystem } from '../host/host.ts';
import { hostNetwork } from '../host/network.ts';
import { openrcInit } from '../host/openrc/openrc-init.ts';
import { processInit } from '../host/process/process-init.ts';
import { systemdInit } from '../host/systemd/systemd-init.ts';

export interface HostOptions {
  readonly init: InitChoice;
  /** The agent's state folder; `run/` in it is the drivers'. */
  readonly stateDir: string;
  /** See `ownsMachine`: another agent leaves the machine's services alone unless it is told otherwise. */
  readonly ownsMachine: boolean;
  /** The user that runs the agent; null where the system has no such number. */
  readonly uid: number | null;
}

/** What shows which init system rules the machine. */
export interface InitEvidence {
  readonly systemd: boolean;
  readonly openrc: boolean;
}

/** This machine. Throws `init_system_unsupported`. */
export function realHost(options: HostOptions): Host {
  const { stateDir } = options;
  const files = hostFiles();
  const clock = systemClock();
  const init = initSystem(chooseInit(options, initEvidence()), stateDir, files, clock);
  return { files, clock, network: hostNetwork(), init, boot: currentBoot() };
}

/**
 * Which driver runs etcd. `auto` takes the init system that rules the machine, for an agent that is root and set up for
 * the machine as a whole, and else `process`. Throws `init_system_unsupported` for one that is asked for and not there.
 */
export function chooseInit(
  { init, ownsMachine, uid }: Pick<HostOptions, 'init' | 'ownsMachine' | 'uid'>,
  evidence: InitEvidence,
): Driver {
  if (init === 'process') return init;
  if (init === 'auto') {
    if (!ownsMachine || uid !== 0) return 'process';
    return evidence.systemd ? 'systemd' : evidence.openrc ? 'openrc' : 'process';
  }
  if (!evidence[init]) throw failure('init_system_unsupported', { init, problem: 'it does not run this machine' });
  if (uid !== 0) throw failure('init_system_unsupported', { init, problem: 'it obeys root alone' });
  return init;
}

function initEvidence(): InitEvidence {
  return {
    // As sd_booted(3) tells it.
    systemd: existsSync('/run/systemd/system'),
    openrc: existsSync('/run/openrc/softlevel') && ['/sbin', '/usr/sbin', '/bin', '/usr/bin'].some(hasRcService),
  };
}

function hasRcService(folder: string): boolean {
  return existsSync(join(folder, 'rc-service'));
}

function initSystem(name: Driver, stateDir: string, files: HostFiles, clock: Clock): InitSystem {
  switch (name) {
    case 'process':
      return processInit({ files, clock, runDir: join(stateDir, 'run') });
    case 'openrc':
      return openrcInit({ files, clock, stateDir });
    case 'systemd':
      return systemdInit({ files, stateDir });
  }
}
