import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { failure } from '@picket/shared/errors.ts';
import { quote } from '@picket/shared/problems.ts';
import { requireSame } from '../commands/first-config.ts';
import { requireOperatorName } from '../commands/operator-context.ts';
import {
  backupInto,
  type Config,
  configDefaults,
  defaultConfigFile,
  readConfig,
  requireBackupFolder,
  urlOf,
} from '../config/config.ts';
import { guessAddress } from './address-guess.ts';
import { waitForAnswer } from './answers.ts';
import { carryOut } from './carry-out.ts';
import { logCommand } from './init-system.ts';
import { type Invocation, lookAtMachine, type MachineFacts } from './machine-facts.ts';
import { planInstallation, type Step, type Wanted } from './plan.ts';
import { onTheSameDisk } from './same-disk.ts';
import { readFormerPlace, requireStopped } from './take-over.ts';
import { hasAgentHere, planRemoval, type Removal, removeService } from './uninstall.ts';
import { done, intent } from './words.ts';

export interface InstallFlags {
  readonly host?: readonly string[];
  readonly port?: number;
  readonly operator: string;
  readonly takeOver?: string;
  readonly backup?: string;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** The terminal of the operator, or what stands in for it. */
export interface Terminal {
  readonly canAsk: boolean;
  say(text: string): void;
  ask(question: string): Promise<string>;
}

/**
 * Makes the coordinator a service of this machine, or brings one up to date: shows what it will do, asks, does it, and waits
 * until the coordinator answers. Throws `service_impossible`, `service_silent`, `not_confirmed` and what its steps throw.
 */
export async function install(flags: InstallFlags, invocation: Invocation, terminal: Terminal): Promise<void> {
  requireOperatorName(flags.operator);
  const asked = await wantedOf(flags, invocation.contextFile);
  const facts = await lookAtMachine(invocation, asked.config);
  const isNew = planInstallation(facts, asked).some(({ kind }) => kind === 'config');
  const wanted = isNew ? await withBackup(asked, flags, terminal) : asked;
  const steps = planInstallation(facts, wanted);
  const { config, takeOver } = wanted;
  if (takeOver !== null) await requireStopped(takeOver);
  if (steps.length === 0) return terminal.say(`The coordinator is a service already, and serves at ${urlOf(config)}.`);
  terminal.say(
    `This makes the coordinator a service of this machine (${facts.init === 'openrc' ? 'OpenRC' : 'systemd'}):`,
  );
  for (const step of steps) terminal.say(`  - ${intent(step)}`);
  for (const folder of await onTheSameDisk(steps, config.dataDir)) terminal.say(sameDisk(folder));
  if (flags.dryRun === true) return terminal.say('Nothing was changed.');
  const asksForBackup = steps.some(({ kind }) => kind === 'config') && config.backup === undefined;
  await confirm(flags, terminal, asksForBackup ? '--yes, and --backup FOLDER for a backup every day' : '--yes');
  for (const step of steps) {
    await carryOut(step);
    terminal.say(`✓ ${done(step)}`);
  }
  const problem = await waitForAnswer(config);
  if (problem !== null) {
    const log = facts.init === null ? '' : logCommand[facts.init];
    throw failure('service_silent', { url: urlOf(config), problem, log });
  }
  terminal.say(`✓ the coordinator serves at ${urlOf(config)}`);
  for (const line of nextLines(facts, steps, config.backup !== undefined)) terminal.say(line);
}

async function wantedOf(flags: InstallFlags, contextFile: string): Promise<Wanted> {
  const { host = [], port, operator, takeOver, backup } = flags;
  const given = { hosts: host, port, backupFolder: backup };
  const rest = { operator, contextFile, isGuess: false, takeOver: null };
  if (takeOver !== undefined) {
    const former = await readFormerPlace(takeOver);
    requireSame(takeOver, given, former.config);
    const { dataDir, passphraseFile } = configDefaults;
    return { ...rest, config: { ...former.config, dataDir, passphraseFile }, takeOver: former };
  }
  if (existsSync(defaultConfigFile)) {
    const config = await readConfig(defaultConfigFile);
    requireSame(defaultConfigFile, given, config);
    return { ...rest, config };
  }
  const guess = host.length > 0 ? null : await guessAddress();
  if (host.length === 0 && guess === null) {
    const problem = 'no address of this machine stands out as the one that others reach';
    throw failure('service_impossible', {
      problem,
      how: 'Give the address that does not change with --host.',
    });
  }
  const hosts = guess === null ? [...host] : [guess];
  const config: Config = { ...configDefaults, hosts, ...(port === undefined ? {} : { port }) };
  return { ...rest, config, isGuess: guess !== null };
}

/** With daily backups, if the operator names a folder for them. Throws `config_invalid`. */
async function withBackup(wanted: Wanted, { backup, yes, dryRun }: InstallFlags, { canAsk, ask }: Terminal) {
  const asks = backup === undefined && yes !== true && dryRun !== true && canAsk;
  const answer = asks ? await ask('A folder on another disk for daily backups of the coordinator (empty: none): ') : '';
  const folder = (backup ?? answer).trim();
  return folder === ''
    ? wanted
    : { ...wanted, config: { ...wanted.config, backup: backupInto(requireBackupFolder(folder)) } };
}

function sameDisk(folder: string): string {
  return `! ${folder} is on the disk of the coordinator’s data, so both are lost together. Mount another disk there first, or name a folder on one.`;
}

async function confirm(
  { yes }: Pick<InstallFlags, 'yes'>,
  { canAsk, ask }: Terminal,
  instead = '--yes',
): Promise<void> {
  if (yes === true) return;
  const what = 'This machine';
  if (!canAsk) throw failure('not_confirmed', { what, problem: `there is no terminal to ask in; give ${instead}` });
  const answer = await ask('Continue? [y/N] ');
  if (!/^y(?:es)?$/i.test(answer.trim())) throw failure('not_confirmed', { what, problem: 'the answer was not yes' });
}

function nextLines({ caller }: MachineFacts, steps: readonly Step[], hasBackup: boolean): readonly string[] {
  const init = steps.find(({ kind }) => kind === 'init');
  if (init === undefined) return [];
  if (init.kind === 'init' && init.isBegun) return ['', 'Next:', '  picket status'];
  return [
    `Copy ${configDefaults.passphraseFile} to another machine: a backup of the coordinator does not hold it.`,
    ...(hasBackup ? [] : [`Backups are made only by command yet: add \`backup\` to ${defaultConfigFile}.`]),
    '',
    `Next${caller === null ? '' : `, as ${caller.user}`}:`,
    '  picket cluster create NAME --hosts hosts.csv --domain DOMAIN',
    '  picket token create NAME --uses 3',
  ];
}

export interface UninstallFlags {
  readonly purge?: true;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly confirm?: string;
}

/** Takes the service away. The coordinator's keys and data stay unless `--purge` is confirmed. */
export async function uninstall(flags: UninstallFlags, invocation: Invocation, terminal: Terminal): Promise<void> {
  const config = existsSync(defaultConfigFile) ? await readConfig(defaultConfigFile) : { ...configDefaults, hosts: [] };
  const facts = await lookAtMachine(invocation, config);
  if (!facts.isRoot)
    throw failure('service_impossible', { problem: 'only root can do this', how: `Run: ${facts.rootCommand}` });
  const removal = planRemoval(facts, flags.purge === true, hasAgentHere());
  for (const line of removalLines(removal)) terminal.say(line);
  if (flags.dryRun === true) return terminal.say('Nothing was changed.');
  if (removal.purge.length > 0) await confirmPurge(flags, config.hosts[0] ?? 'picket', terminal);
  else await confirm(flags, terminal);
  await removeService(facts, removal);
  terminal.say(
    removal.purge.length > 0
      ? '✓ the coordinator, its keys and its data are removed'
      : `✓ the service is removed; ${configDefaults.dataDir} and /etc/picket are as they were`,
  );
}

function removalLines({ remove, purge, packager }: Removal): readonly string[] {
  return [
    'This stops the coordinator. Members continue, but their certificates are not renewed any more. It removes:',
    '  - the start at boot',
    ...remove.map((path) => `  - ${path}`),
    ...purge.map((path) => `  - ${path}, permanently`),
    ...(packager === null ? [] : [`The programs belong to a package of ${packager}: remove it to remove them.`]),
  ];
}

async function confirmPurge({ confirm: given, yes }: UninstallFlags, name: string, terminal: Terminal): Promise<void> {
  const what = 'This machine';
  if (given === name || (given === undefined && yes === true)) return;
  if (given !== undefined) {
    const problem = `--confirm ${quote(given)} is not ${quote(name)}, the first name or address in coordinator.yml`;
    throw failure('usage_invalid', { problem, command: 'picket-coordinator uninstall' });
  }
  if (!terminal.canAsk) {
    const problem = `there is no terminal to ask in; give --confirm ${name}`;
    throw failure('not_confirmed', { what, problem });
  }
  const question = `Without these keys, Picket can never again issue a certificate for your clusters. Type ${name} to remove them: `;
  if ((await terminal.ask(question)).trim() !== name)
    throw failure('not_confirmed', { what, problem: `the answer was not ${name}` });
}

/** The terminal of this process. */
export function ownTerminal(): Terminal {
  return {
    canAsk: process.stdin.isTTY === true,
    say: (text) => console.log(text),
    ask: async (question) => {
      const reader = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await reader.question(question);
      } finally {
        reader.close();
      }
    },
  };
}
