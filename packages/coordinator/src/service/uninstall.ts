import { existsSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { configDefaults } from '../config/config.ts';
import { runAll, stopCommands } from './init-system.ts';
import type { MachineFacts } from './machine-facts.ts';
import { commandNames, places, programNames, serviceUser } from './places.ts';
import { run } from './run.ts';

/** What an uninstallation removes, and what it leaves. */
export interface Removal {
  /** Files and folders. */
  readonly remove: readonly string[];
  /** Only with `--purge`: the coordinator itself. */
  readonly purge: readonly string[];
  /** Whose package has the programs, which stay. */
  readonly packager: MachineFacts['packager'];
}

/** Pure. @param hasAgent an agent is on this machine, which uses the same folder and Node.js */
export function planRemoval({ packager, init }: MachineFacts, isPurge: boolean, hasAgent: boolean): Removal {
  const programs = [
    ...commandNames.map((name) => join(places.commands, name)),
    ...programNames.map((name) => join(places.programs, name)),
    ...(hasAgent ? [] : [places.ownNode]),
  ];
  const services = init === null ? [] : [places[init].service];
  const settings = init === 'openrc' ? [places.openrc.settings] : [];
  return {
    remove: packager === null ? [...services, ...programs] : [],
    purge: isPurge
      ? [configDefaults.dataDir, configDefaults.passphraseFile, places.config, places.logs, ...settings]
      : [],
    packager,
  };
}

export function hasAgentHere(): boolean {
  return existsSync(join(places.programs, 'picket-agent.cjs'));
}

/** Stops the service and removes all that the plan names. A repeat continues. Throws `service_step_failed`. */
export async function removeService(facts: MachineFacts, { remove, purge }: Removal): Promise<void> {
  const { init } = facts;
  if (init !== null) {
    const ended = await runAll(stopCommands(init, facts));
    if (!ended.ok) throw failure('service_step_failed', { step: 'stop the service', problem: ended.problem });
  }
  for (const path of [...remove, ...purge]) await rm(path, { recursive: true, force: true });
  if (purge.length > 0) await run('sh', ['-c', 'deluser "$0" || userdel "$0"', serviceUser]);
  if (init === 'systemd') await run('systemctl', ['daemon-reload']);
  // They stay where anything else is in them.
  for (const folder of [places.programs, dirname(places.config)]) await rmdir(folder).catch(() => undefined);
  await run('sync', []);
}
