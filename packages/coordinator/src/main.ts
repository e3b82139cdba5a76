#!/usr/bin/env node
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PicketError } from '@picket/shared/errors.ts';
import { Command } from 'commander';
import { pino } from 'pino';
import { writeFirstConfig } from './commands/first-config.ts';
import { init } from './commands/init.ts';
import { serve } from './commands/serve.ts';
import { defaultConfigFile, readConfig } from './config.ts';
import { coordinatorFailpoints, type Failpoint } from './failpoints.ts';
import { version } from './version.ts';

const program = new Command('picket-coordinator')
  .description('Holds what operators want of their etcd clusters, and tells the agents.')
  .version(version)
  .showSuggestionAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('init')
  .description('Make the control CA, the store and the first admin’s context')
  .option('--config <file>', 'coordinator.yml; written first if there is none', defaultConfigFile)
  .option('--host <name-or-ip...>', 'for a new coordinator.yml: under what nodes and operators reach it')
  .option('--operator <name>', 'the first admin', 'admin')
  .option('--context <file>', 'where that admin’s context goes', join(homedir(), '.config/picket/context.yml'))
  .action(async (options: { config: string; host?: string[]; operator: string; context: string }) => {
    if (await writeFirstConfig(options.config, options.host ?? [])) console.log(`wrote ${options.config}`);
    const config = await readConfig(options.config);
    const { pin } = await init({ config, operator: options.operator, contextFile: options.context, now: Date.now });
    console.log(`control CA and store: ${config.dataDir}
passphrase of the CA keys: ${config.passphraseFile} (keep a copy of it apart from the backup of the data)
context of ${options.operator}: ${options.context} (holds a private key; picket reads it)
pin of the control CA: ${pin}

Next: picket-coordinator serve --config ${options.config}`);
  });

program
  .command('serve')
  .description('Serve nodes and operators until told to stop')
  .option('--config <file>', 'coordinator.yml', defaultConfigFile)
  .action(async (options: { config: string }) => {
    const config = await readConfig(options.config);
    const log = pino({ level: config.logLevel, base: null });
    const stopping = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
    await serve({
      config,
      now: Date.now,
      failpoint: failpointOf(process.env.PICKET_FAILPOINT),
      log,
      signal: stopping.signal,
    });
  });

/** Ends this process at the named moment, as a power cut would: only tests set the variable. */
function failpointOf(wanted: string | undefined): Failpoint {
  if (wanted === undefined || wanted === '') return () => undefined;
  if (!coordinatorFailpoints.some((name) => name === wanted)) throw new Error(`no failpoint ${wanted}`);
  return (name) => {
    if (name === wanted) process.kill(process.pid, 'SIGKILL');
  };
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof PicketError) console.error(`error: ${error.message}\nhint: ${error.hint}`);
  else console.error(error);
  process.exitCode = 1;
}
