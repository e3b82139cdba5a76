import { failure } from '@picket/shared/errors.ts';
import { type Config, configDefaults, urlOf } from '../config/config.ts';
import type { Caller, MachineFacts } from './machine-facts.ts';
import { type InitSystem, places } from './places.ts';
import type { FormerPlace } from './take-over.ts';

/** What an operator wants of the service. */
export interface Wanted {
  /** Of a coordinator that is yet to be made, or of the one that is there. */
  readonly config: Config;
  /** The address was found on this machine, and not given. */
  readonly isGuess: boolean;
  /** A coordinator whose data moves here. */
  readonly takeOver: FormerPlace | null;
  /** The first admin, for a coordinator that is yet to be made. */
  readonly operator: string;
  readonly contextFile: string;
}

/** One thing that an installation does. Each can be done again after it was cut off. */
export type Step =
  | { readonly kind: 'programs'; readonly from: string; readonly isUpdate: boolean }
  | { readonly kind: 'node'; readonly from: string; readonly version: string }
  | { readonly kind: 'user' }
  | { readonly kind: 'take-over'; readonly former: FormerPlace }
  | { readonly kind: 'config'; readonly config: Config; readonly isGuess: boolean }
  | { readonly kind: 'backup-folder'; readonly folder: string }
  | {
      readonly kind: 'init';
      readonly config: Config;
      readonly operator: string;
      readonly contextFile: string;
      /** By an installation that was cut off, or by `init` or `restore`. */
      readonly isBegun: boolean;
    }
  | { readonly kind: 'context'; readonly caller: Caller; readonly from: string }
  | { readonly kind: 'service'; readonly init: InitSystem; readonly from: string }
  | { readonly kind: 'start'; readonly init: InitSystem; readonly isRestart: boolean };

/**
 * What makes the coordinator a service of a machine with these facts; nothing if it is one already. Pure. Throws
 * `service_impossible`.
 */
export function planInstallation(facts: MachineFacts, wanted: Wanted): readonly Step[] {
  const { init, distribution: from } = requirePossible(facts, wanted);
  const { config, isGuess, takeOver, operator, contextFile } = wanted;
  const steps: Step[] = [];
  if (from !== null && !facts.hasThesePrograms) steps.push({ kind: 'programs', from, isUpdate: facts.hasPrograms });
  if (!facts.node.forService) steps.push({ kind: 'node', from: facts.node.path, version: facts.node.version });
  if (!facts.hasUser) steps.push({ kind: 'user' });
  if (takeOver !== null) steps.push({ kind: 'take-over', former: takeOver });
  else {
    if (!facts.hasConfig) {
      for (const { folder } of config.backup?.targets ?? [])
        if (folder !== undefined) steps.push({ kind: 'backup-folder', folder });
      steps.push({ kind: 'config', config, isGuess });
    }
    const { data, caller } = facts;
    if (data !== 'served') steps.push({ kind: 'init', config, operator, contextFile, isBegun: data === 'made' });
    // A restored coordinator has made none.
    const makesContext = data === 'none' || (data === 'made' && facts.hasContext);
    if (caller !== null && !caller.hasContext && makesContext)
      steps.push({ kind: 'context', caller, from: contextFile });
  }
  if (from !== null && !facts.hasThisService) steps.push({ kind: 'service', init, from });
  const isNew = steps.some(({ kind }) => kind === 'programs' || kind === 'node' || kind === 'service');
  if (isNew || !facts.runs || !facts.startsAtBoot) steps.push({ kind: 'start', init, isRestart: facts.runs });
  return steps;
}

function requirePossible(facts: MachineFacts, { config, takeOver }: Wanted) {
  const { init, distribution, packager } = facts;
  if (!facts.isRoot) throw impossible('only root can do this', `Run: ${facts.rootCommand}`);
  if (init === null) {
    const how = 'Run `picket-coordinator init` and `picket-coordinator serve` under a supervisor of your own.';
    throw impossible('this machine has neither OpenRC nor systemd', how);
  }
  if (facts.inMemory) {
    const how = 'Use a machine whose system is on a disk. On Alpine, `setup-disk -m sys` makes such a system.';
    throw impossible('the system of this machine is in memory, and everything would be lost at the next boot', how);
  }
  if (distribution === null && !facts.hasThisService) {
    const how = 'Run `npm run build` in a checkout of Picket, then run the command that it prints.';
    throw impossible('the programs and the services to install are missing', how);
  }
  if (distribution !== null && packager !== null) {
    const how = 'Update that package. Then run `picket-coordinator install`, which is the one of the package.';
    throw impossible(`the installed coordinator belongs to a package of ${packager}`, how);
  }
  if (takeOver === null && config.dataDir !== configDefaults.dataDir) {
    const how = `Mount your disk at ${configDefaults.dataDir}. To move the data there, run: picket-coordinator install --take-over ${places.config}`;
    throw impossible(`${places.config} names the folder ${config.dataDir}, which the service cannot use`, how);
  }
  // A coordinator with keys of its own would take the place of the one that is on its way.
  if (takeOver === null && facts.data === 'none' && facts.isArriving) {
    const how = 'Run the same command again, with --take-over. It continues where it stopped.';
    throw impossible('a take-over was cut off', how);
  }
  if (takeOver !== null && facts.data !== 'none') {
    const how = `To see that one, run: picket-coordinator install. A machine has one coordinator as a service.`;
    throw impossible(`${configDefaults.dataDir} already holds the data of a coordinator`, how);
  }
  if (facts.portTaken !== null && !facts.runs && takeOver === null) {
    const how = `Stop it (\`ss -ltnp\` shows it), or give another port with --port.`;
    throw impossible(`another program listens on the port ${facts.portTaken} of ${urlOf(config)}`, how);
  }
  return { init, distribution };
}

function impossible(problem: string, how: string) {
  return failure('service_impossible', { problem, how });
}
