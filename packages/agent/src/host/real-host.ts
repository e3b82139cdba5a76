import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { systemClock } from './clock.ts';
import { hostFiles } from './files.ts';
import type { Clock, Host, HostFiles, InitSystem } from './host.ts';
import { hostNetwork } from './network.ts';
import { processInit } from './process-init.ts';

export type InitChoice = 'auto' | InitSystem['name'];

export interface HostOptions {
  readonly init: InitChoice;
  /** The agent's state folder; `run/` in it is the process driver's. */
  readonly stateDir: string;
}

/** This machine. Throws `init_system_unsupported`. */
export function realHost({ init, stateDir }: HostOptions): Host {
  const files = hostFiles();
  const clock = systemClock();
  return { files, clock, network: hostNetwork(), init: initSystem(init, stateDir, files, clock) };
}

function initSystem(choice: InitChoice, stateDir: string, files: HostFiles, clock: Clock): InitSystem {
  switch (choice) {
    // OpenRC and systemd get drivers of their own, and `auto` will find out which one rules the machine.
    case 'auto':
    case 'process':
      return processInit({ files, clock, runDir: join(stateDir, 'run'), architecture: process.arch });
    case 'openrc':
    case 'systemd':
      throw failure('init_system_unsupported', { init: choice });
  }
}
