import type { Sent } from '@picket/shared/contract/contract.ts';
import { failure } from '@picket/shared/errors.ts';
import { foreignAuthoritiesProblem } from '@picket/shared/pki/foreign-authorities.ts';
import type { ChannelSettings, Severity, TestSent } from '@picket/shared/protocol/notifications.ts';
import { type Command, Option } from 'commander';
import { channelArgument, clusterArgument, everySeconds, newName, several } from '../arguments.ts';
import { readSecret, readText } from '../read-secret.ts';
import { addedChannel, channelTable, removedChannel, testedChannels } from '../render/notify.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';

interface AddOptions {
  readonly webhook?: string;
  readonly ntfy?: string;
  readonly smtp?: string;
  readonly from?: string;
  readonly to?: string[];
  readonly user?: string;
  readonly passwordFile?: string;
  readonly ping?: string;
  readonly tokenFile?: string;
  readonly signingKeyFile?: string;
  readonly ca?: string;
  readonly every?: number;
  readonly cluster?: string[];
  readonly severity?: Severity;
}

/** `picket notify add`, `list`, `test` and `remove`. */
export function notifyCommands(program: Command, shell: Shell): void {
  const notify = program
    .command('notify')
    .description(
      'send problems and recoveries to a webhook, ntfy or by mail, and pings to a monitor of the coordinator',
    );
  addCommand(notify, shell);
  notify
    .command('list')
    .description('list the channels, what their receivers know, and why one fails')
    .action(() =>
      shell.withCoordinator(async (api) => {
        shell.show(await api.channels(), ({ items }) => channelTable(items, shell.times()));
      }),
    );
  notify
    .command('test')
    .description('send a test message now through one channel, or through all')
    .argument('[name]', 'the channel (default: all)', channelArgument)
    .action((name: string | undefined) =>
      shell.withCoordinator(async (api) => {
        const names = name === undefined ? (await api.channels()).items.map((one) => one.name) : [name];
        if (names.length === 0) throw failure('no_channel', {});
        const tested: TestSent[] = [];
        const failures: unknown[] = [];
        for (const one of names) {
          await api.testChannel({ name: one }).then(
            (sent) => tested.push(sent),
            (error: unknown) => failures.push(error),
          );
        }
        if (failures.length === 0 || tested.length > 0)
          shell.show({ items: tested }, ({ items }) => testedChannels(items));
        if (failures.length > 0) throw failures[0];
      }),
    );
  notify
    .command('remove')
    .description('remove a channel and its secrets; its receiver hears nothing more, not even that a problem is over')
    .argument('<name>', 'the channel', channelArgument)
    .action((name: string) =>
      shell.withCoordinator(async (api) => {
        await api.removeChannel({ name });
        shell.show({ name }, () => removedChannel(name));
      }),
    );
}

function addCommand(notify: Command, shell: Shell): void {
  notify
    .command('add')
    .description('add a channel; the coordinator keeps its address and its secrets encrypted, and shows neither again')
    .argument('<name>', 'a name for the channel', newName(channelArgument))
    .option('--webhook <url>', 'post JSON to this URL; - reads the URL from stdin')
    .option('--ntfy <url>', 'publish to this topic of ntfy, such as https://ntfy.sh/TOPIC; - reads the URL from stdin')
    .option(
      '--ping <url>',
      'call this URL while the coordinator works, so that a monitor notices its end; - reads it from stdin',
    )
    .option('--smtp <url>', 'send mail through this server: smtps://HOST, or smtp://HOST with STARTTLS')
    .option('--from <address>', 'smtp: the sender')
    .option('--to <address>', 'smtp: a recipient; may be repeated', several(String))
    .option('--user <user>', 'smtp: the user, if the server wants a login')
    .option('--password-file <file>', 'smtp: a file with the password; - reads stdin')
    .option('--token-file <file>', 'webhook, ntfy: a file with the bearer token; - reads stdin')
    .option('--signing-key-file <file>', 'webhook: a file with the key that signs each message; - reads stdin')
    .option('--ca <file>', 'trust the CA certificates in this file (PEM) instead of the public ones')
    .option('--every <duration>', 'ping: how often, such as 60s or 5m (default: 60s)', everySeconds)
    .option(
      '--cluster <name>',
      'send only problems of this cluster; may be repeated (default: all, and the coordinator)',
      several(clusterArgument),
    )
    .addOption(
      new Option('--severity <severity>', 'the lowest severity that is sent')
        .choices(['warning', 'critical'])
        .default('warning'),
    )
    .action((name: string, options: AddOptions) =>
      shell.withCoordinator(async (api) => {
        const { cluster: clusters, severity } = options;
        const settings = await settingsOf(options, shell);
        shell.show(await api.addChannel({ body: { name, settings, clusters, severity } }), addedChannel);
      }),
    );
}

const kinds = ['webhook', 'ntfy', 'smtp', 'ping'] as const;
type Kind = (typeof kinds)[number];

/** The options that only some kinds have. */
const kindsOf: Readonly<Partial<Record<keyof AddOptions, readonly Kind[]>>> = {
  tokenFile: ['webhook', 'ntfy'],
  signingKeyFile: ['webhook'],
  from: ['smtp'],
  to: ['smtp'],
  user: ['smtp'],
  passwordFile: ['smtp'],
  every: ['ping'],
  cluster: ['webhook', 'ntfy', 'smtp'],
};

async function settingsOf(options: AddOptions, { io }: Shell): Promise<Sent<ChannelSettings>> {
  const given = kinds.filter((kind) => options[kind] !== undefined);
  const [kind] = given;
  if (kind === undefined || given.length > 1)
    throw usageError('exactly one of --webhook, --ntfy, --smtp and --ping must be given', 'picket notify add');
  for (const [option, allowed] of Object.entries(kindsOf)) {
    if (options[option as keyof AddOptions] === undefined || allowed.includes(kind)) continue;
    throw usageError(`${flagOf(option)} is not for --${kind}`, 'picket notify add');
  }
  const { tokenFile, signingKeyFile, passwordFile, ca: caFile, user, from, to } = options;
  const address = options[kind] ?? '';
  if ([address, tokenFile, signingKeyFile, passwordFile].filter((one) => one === '-').length > 1)
    throw usageError('only one option can read stdin', 'picket notify add');
  const url = address === '-' ? await readSecret('-', io) : address;
  const secret = async (file: string | undefined) => (file === undefined ? undefined : await readSecret(file, io));
  const token = await secret(tokenFile);
  const signingKey = await secret(signingKeyFile);
  const password = await secret(passwordFile);
  const ca = caFile === undefined ? undefined : await readAuthorities(caFile);
  switch (kind) {
    case 'webhook':
      return { kind, url, ca, token, signingKey };
    case 'ntfy':
      return { kind, url, ca, token };
    case 'smtp':
      if (from === undefined || to === undefined) throw usageError('--smtp needs --from and --to', 'picket notify add');
      return { kind, url, ca, from, to, user, password };
    case 'ping':
      return { kind, url, ca, everySeconds: options.every ?? 60 };
  }
}

/** Checked here too: a key in the wrong file must not leave this machine (R11). */
async function readAuthorities(file: string): Promise<string> {
  const text = await readText(file);
  const problem = foreignAuthoritiesProblem(text);
  if (problem !== null) throw usageError(`the file of --ca ${problem}`, 'picket notify add');
  return text;
}

function flagOf(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
