#!/usr/bin/env node
import { rm } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { headText } from '@picket/shared/audit/entry-hash.ts';
import { PicketError } from '@picket/shared/errors.ts';
import { exitCodeOf, exitCodes } from '@picket/shared/exit-codes.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { nodeVersionProblem } from '@picket/shared/node-version.ts';
import { plainLines } from '@picket/shared/plain.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { withoutSecrets } from '@picket/shared/secrets.ts';
import { restartsAgent } from '@picket/shared/service-commands.ts';
import { Command, InvalidArgumentError, Option } from 'commander';
import { pino } from 'pino';
import { whileOpened } from './backup/open-sealed.ts';
import { backup, notInBackup } from './commands/backup.ts';
import { makeBackupKey } from './commands/backup-key.ts';
import { writeFirstConfig } from './commands/first-config.ts';
import { init } from './commands/init.ts';
import { grantOperator, listOperators } from './commands/operator.ts';
import { type Restored, restore } from './commands/restore.ts';
import { serve } from './commands/serve.ts';
import { defaultConfigFile, readConfig } from './config/config.ts';
import { installFolder } from './installer/open-installer.ts';
import { coordinatorFailpoints, type Failpoint } from './model/failpoints.ts';
import { version } from './model/own-version.ts';
import { plainLog } from './plain-log.ts';
import { newId } from './random-names.ts';
import { type InstallFlags, install, ownTerminal, type UninstallFlags, uninstall } from './service/install.ts';

const withoutMacHelp =
  'accept a backup that has no MAC, such as one of an earlier version; whoever changed it can be an admin afterwards';
const acceptClockHelp = 'issue certificates although the clock is before the last issuance';

const tooOld = nodeVersionProblem(process.versions.node);
if (tooOld !== null) {
  console.error(`error: ${tooOld}`);
  process.exit(exitCodes.failed.code);
}

const program = new Command('picket-coordinator')
  .description('Stores the declared etcd clusters, signs certificates, and directs the agents.')
  .version(version)
  .showSuggestionAfterError()
  // Commander repeats an argument that it does not know (R11).
  .configureOutput({ writeErr: (text) => process.stderr.write(withoutSecrets(text)) })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.done.code : exitCodes.usage.code));

/** Errors of an init that made nothing. */
const madeNothing: ReadonlySet<string> = new Set([
  'already_initialised',
  'inventory_locked',
  'inventory_foreign',
  'inventory_newer',
  'inventory_unreleased',
  'name_invalid',
]);

interface InitFlags {
  readonly config: string;
  readonly host?: string[];
  readonly dataDir?: string;
  readonly port?: number;
  readonly operator: string;
  readonly context: string;
}

program
  .command('init')
  .description('Make the control CA, the store and the context of the first admin')
  .option('--config <file>', 'the path of coordinator.yml; written if it does not exist', defaultConfigFile)
  .option('--host <name-or-ip...>', 'for a new coordinator.yml: the name or address that nodes and operators use')
  .option(
    '--data-dir <folder>',
    'for a new coordinator.yml: the folder of its data; the passphrase goes beside coordinator.yml',
  )
  .option('--port <port>', 'for a new coordinator.yml: the port to listen on', portOf)
  .option('--operator <name>', 'the name of the first admin', 'admin')
  .option('--context <file>', 'the file for the context of that admin', join(homedir(), '.config/picket/context.yml'))
  .action(async (options: InitFlags) => {
    const { host: hosts = [], dataDir, port } = options;
    const wrote = await writeFirstConfig(options.config, { hosts, dataDir, port });
    if (wrote) console.log(`wrote ${options.config}`);
    const config = await readConfig(options.config);
    const { pin } = await init({
      config,
      operator: options.operator,
      contextFile: options.context,
      now: Date.now,
    }).catch(async (error: unknown) => {
      // It would look like the configuration of a coordinator, and name the data of another one.
      if (wrote && error instanceof PicketError && madeNothing.has(error.code)) {
        await rm(options.config, { force: true });
        console.log(`removed ${options.config} again`);
      }
      throw error;
    });
    console.log(`control CA and store: ${config.dataDir}
passphrase of the CA keys: ${config.passphraseFile} (keep a copy of it apart from the backup of the data)
context of ${options.operator}: ${options.context} (holds a private key; picket reads it)
pin of the control CA: ${pin}

Next: picket-coordinator serve --config ${options.config}`);
  });

program
  .command('serve')
  .description('Serve nodes and operators until it gets a signal to stop')
  .option('--config <file>', 'coordinator.yml', defaultConfigFile)
  .option('--accept-clock', acceptClockHelp)
  .action(async (options: { config: string; acceptClock?: true }) => {
    const config = await readConfig(options.config);
    const log = plainLog(config.logLevel, pino.destination(1));
    const stopping = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
    await serve({
      config,
      now: Date.now,
      monotonic: () => performance.now(),
      failpoint: failpointOf(process.env.PICKET_FAILPOINT),
      log,
      signal: stopping.signal,
      configFile: options.config,
      installFolder: installFolder(process.argv[1] ?? ''),
      acceptClock: options.acceptClock === true,
    });
  });

const invocation = {
  program: process.argv[1] ?? '',
  args: process.argv.slice(2),
  env: process.env,
  // Not that of $HOME, which sudo may keep.
  contextFile: join(userInfo().homedir, '.config/picket/context.yml'),
};

program
  .command('install')
  .description('Make the coordinator a service of this machine, or update the one that is there; asks before it acts')
  .option(
    '--host <name-or-ip...>',
    'the name or address that nodes and operators use; by default the address of this machine',
  )
  .option('--port <port>', 'the port to listen on, 7443 by default', portOf)
  .option('--operator <name>', 'the name of the first admin', 'admin')
  .option('--take-over <file>', 'the coordinator.yml of a coordinator on this machine, whose data moves to the service')
  .option('--backup <folder>', 'for a new coordinator: a folder for its daily backups, best on another disk')
  .option('--dry-run', 'show what it would do, and change nothing')
  .option('--yes', 'do not ask')
  .action((flags: InstallFlags) => install(flags, invocation, ownTerminal()));

program
  .command('uninstall')
  .description('Remove the service and its programs; the keys and the data stay unless --purge is given')
  .option('--purge', 'also remove the keys and the data of the coordinator, permanently')
  .option('--confirm <host>', 'with --purge: the first host of coordinator.yml, instead of the question')
  .option('--dry-run', 'show what it would do, and change nothing')
  .option('--yes', 'do not ask')
  .action((flags: UninstallFlags) => uninstall(flags, invocation, ownTerminal()));

interface OperatorFlags {
  readonly config: string;
  readonly role?: Role;
  readonly context: string;
  readonly acceptClock?: true;
}

program
  .command('operator')
  .description('Make an operator, or give one a new certificate; stop serve first')
  .argument('<name>', 'the name of the operator')
  .addOption(
    new Option('--role <role>', 'the role of a new operator, or a new role').choices(['viewer', 'operator', 'admin']),
  )
  .requiredOption('--context <file>', 'the file for the context of the operator')
  .option('--config <file>', 'coordinator.yml', defaultConfigFile)
  .option('--accept-clock', acceptClockHelp)
  .action(async (operator: string, { config, role, context, acceptClock }: OperatorFlags) => {
    const granted = await grantOperator({
      config: await readConfig(config),
      operator,
      role: role ?? null,
      contextFile: context,
      now: Date.now,
      acceptClock: acceptClock === true,
    });
    const { acceptedClock, stillValid } = granted;
    if (acceptedClock !== null) {
      console.log(
        `clock accepted: ${acceptedClock.now}, although a certificate was issued at ${acceptedClock.lastIssuance}`,
      );
    }
    console.log(`operator ${operator}: role ${granted.role}, certificate until ${isoTime(granted.notAfter)}
context of ${operator}: ${context} (holds a private key; picket reads it)`);
    if (stillValid.length > 0) {
      console.log(
        `earlier certificates of ${operator} that are still valid, until ${stillValid.map(isoTime).join(', ')}`,
      );
    }
    console.log('Next: start picket-coordinator serve again.');
  });

program
  .command('operators')
  .description('List the operators with their roles and certificates; stop serve first')
  .option('--config <file>', 'coordinator.yml', defaultConfigFile)
  .action(async (options: { config: string }) => {
    for (const { name, role, validUntil } of await listOperators(await readConfig(options.config), Date.now())) {
      console.log(`${name}: ${role}, ${validUntil === null ? 'no valid certificate' : `until ${isoTime(validUntil)}`}`);
    }
  });

const backupCommand = program
  .command('backup')
  .description('Write a backup of this coordinator, also while serve runs; it does not hold the passphrase')
  .argument('<file>', 'a new file, NAME.tar.gz; - for standard output')
  .option('--config <file>', 'coordinator.yml', defaultConfigFile)
  .action(async (file: string, { config: configFile }: { config: string }) => {
    const config = await readConfig(configFile);
    const manifest = await backup({ config, configFile, file, stdout: process.stdout, now: Date.now });
    if (manifest === null) return;
    const bytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
    const head = manifest.auditHead === null ? 'none' : headText(manifest.auditHead);
    console.log(`backup: ${file}, of ${manifest.takenAt}, ${manifest.parts.length} files of ${bytes} bytes, read back
${notInBackup(config)}
head of its audit log: ${head}`);
  });

interface RestoreFlags {
  readonly config: string;
  readonly host?: string[];
  readonly identity?: string;
  readonly withoutMac?: true;
}

backupCommand
  .command('key')
  .description('Make a key that backups are encrypted for; only its file decrypts them')
  .argument('<file>', 'a new file, to store apart from this machine and from the backups')
  .action(async (file: string) => {
    const recipient = await makeBackupKey(file, Date.now);
    console.log(`age identity: ${file} (whoever has it reads the backups; store copies of it apart from them, and remove it here)

Next: under \`backup\` in coordinator.yml, recipients: [${recipient}]`);
  });

program
  .command('restore')
  .description('Restore a backup on a machine without a coordinator; each node then needs re-adoption')
  .argument('<file>', 'what `backup` wrote')
  .option(
    '--config <file>',
    'the path of coordinator.yml; written from the backup if it does not exist',
    defaultConfigFile,
  )
  .option('--host <name-or-ip...>', 'the new name or address, for the coordinator.yml that is written from the backup')
  .option('--identity <file>', 'the age identity that `backup key` made, for an encrypted backup')
  .option('--without-mac', withoutMacHelp)
  .action(async (file: string, { config: configFile, host = [], identity, withoutMac }: RestoreFlags) => {
    const restored = await whileOpened(file, identity ?? null, (archive) =>
      restore({ file: archive, configFile, hosts: host, withoutMac: withoutMac === true, now: Date.now, newId }),
    );
    const { manifest, restoration, dataDir, wroteConfig } = restored;
    if (wroteConfig) console.log(`wrote ${configFile} from the backup`);
    console.log(`restored: ${dataDir}, as of ${manifest.takenAt} (store ${manifest.inventory})
${plainLines(madeByOf(restored))}
epoch: ${restoration.epoch.number} (${restoration.epoch.name}); all join tokens are void
frozen until their nodes are re-adopted: ${restoration.frozen.join(', ') || 'none, there is no cluster'}
${movedLines(restored)}
Next: picket-coordinator install; then picket node list, and picket node readopt ID for each node.`);
  });

/** What the nodes need if they know the coordinator by another address. Pure. */
function movedLines({ manifest: { madeBy }, url }: Restored): string {
  if (madeBy === null || madeBy.url === url) return '';
  return `its nodes know it as ${madeBy.url}; if that leads elsewhere, run this on each of their machines, as root, once the service runs:
  picket-agent set-coordinator ${url} && { ${restartsAgent}; }
`;
}

/** Who made the backup, or who can act because of it if nothing proves that. Pure. */
function madeByOf({ manifest: { madeBy, version: maker }, operators }: Restored): string {
  if (madeBy !== null)
    return `made by: ${madeBy.url} on the machine ${madeBy.host}, with Picket ${maker}; its MAC is valid`;
  const names = operators.map(({ name, role }) => `${name} (${role})`).join(', ');
  return `made by: nobody knows, it has no MAC\noperators in it: ${names}; remove those who do not belong there`;
}

function portOf(text: string): number {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('It must be a port, from 1 to 65535.');
  return port;
}

/** Ends this process at the named moment, as a power cut would. Only tests set this variable. */
function failpointOf(wanted: string | undefined): Failpoint {
  if (wanted === undefined || wanted === '') return () => undefined;
  if (!coordinatorFailpoints.some((name) => name === wanted)) throw new Error(`${wanted} is not a failpoint`);
  return (name) => {
    if (name === wanted) process.kill(process.pid, 'SIGKILL');
  };
}

// No `await` here: the build makes a CommonJS file of this module.
program.parseAsync().catch((error: unknown) => {
  if (error instanceof PicketError)
    console.error(plainLines(withoutSecrets(`error: ${error.message}\nhint: ${error.hint} (${error.code})`)));
  else console.error(plainLines(withoutSecrets(inspect(error))));
  process.exitCode = error instanceof PicketError ? exitCodeOf(error) : exitCodes.failed.code;
});
