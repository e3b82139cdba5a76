import type { Sent } from '@picket/shared/contract/contract.ts';
import { hostOf, isLoopback } from '@picket/shared/names.ts';
import { plain } from '@picket/shared/plain.ts';
import type { TokenCreate } from '@picket/shared/protocol/tokens.ts';
import type { Command } from 'commander';
import {
  clientArgument,
  clusterArgument,
  memberArgument,
  tokenIdArgument,
  ttlSeconds,
  wholeNumber,
} from '../arguments.ts';
import { onCluster, withOptionalCluster } from '../only-cluster.ts';
import { unlessRefused } from '../refusal.ts';
import { createdToken, tokenTable } from '../render/tokens.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';

interface CreateOptions {
  readonly member?: string;
  readonly client?: true;
  readonly name?: string;
  readonly uses?: number;
  readonly ttl?: number;
  readonly quiet?: true;
}

/** `picket token …` */
export function tokenCommands(program: Command, shell: Shell): void {
  const token = program.command('token').description('make, list and revoke join tokens');
  withOptionalCluster(token.command('create').description('make a join string, with which nodes join a cluster'))
    .option('--member <name>', 'only this member may join with it', memberArgument)
    .option('--client', 'for clients: machines that are not members, and get a client certificate')
    .option('--name <name>', 'with --client, only a client of this name may join with it', clientArgument)
    .option('--uses <count>', 'how many nodes may join with it (default: 1)', wholeNumber('--uses', 1, 100))
    .option('--ttl <duration>', 'how long it is valid, such as 30m, 1h or 2d (default: 1h)', ttlSeconds)
    .option('-q, --quiet', 'print only the join string')
    .action((given: string | undefined, options: CreateOptions) => {
      const { uses, ttl, quiet } = options;
      const admitted = admittedBy(options);
      return onCluster(shell, given, async (api, cluster) => {
        const bare = quiet === true && !shell.json();
        // Requested first: once the token exists, nothing may prevent that it is shown. The coordinator may have no agent to hand out.
        const installer = bare ? null : await unlessRefused('installer_missing', api.installer());
        const created = await api.createToken({
          body: { cluster, ...admitted, uses, ttlSeconds: ttl },
        });
        if (!shell.json()) for (const { message } of created.warnings) shell.note(`Warning: ${plain(message)}`);
        if (bare) return shell.show(created, ({ joinString }) => joinString);
        shell.show({ ...created, installer }, (token) => createdToken(token, api.server, token.installer));
        if (!shell.json() && installer === null && isOwnMachine(api.server))
          shell.note(
            `The command names the coordinator as ${new URL(api.server).origin}. On other hosts, replace that with its address.`,
          );
        if (!shell.json() && installer !== null && isOwnMachine(installer.url)) {
          shell.note(
            `The command names the coordinator as ${new URL(installer.url).origin}, which no other host can reach. Put its address first ` +
              'under hosts in coordinator.yml, restart the coordinator, and make a new token.',
          );
        }
      });
    });
  token
    .command('list')
    .description('list join tokens; their secrets are not kept')
    .argument('[cluster]', 'only the tokens of this cluster', clusterArgument)
    .action((cluster: string | undefined) =>
      shell.withCoordinator(async (api) => {
        const page = await api.list('tokens', { cluster });
        shell.show(page, ({ items }) => tokenTable(items, shell.times()));
      }),
    );
  token
    .command('revoke')
    .description('end a token now; nodes that joined with it stay')
    .argument('<id>', 'the ID of the token', tokenIdArgument)
    .action((id: string) =>
      shell.withCoordinator(async (api) => {
        await api.revokeToken({ id });
        shell.show({ id }, () => `The token ${id} is revoked. Nodes that have joined with it stay.`);
      }),
    );
}

/** Throws `usage_invalid` for options that do not go together. */
function admittedBy({ member, client, name }: CreateOptions): Sent<Pick<TokenCreate, 'member' | 'client'>> {
  if (client !== true) {
    if (name !== undefined) throw usageError('--name needs --client; for a member use --member');
    return { member };
  }
  if (member !== undefined)
    throw usageError('--member and --client cannot be used together; name a client with --name');
  return { client: { name } };
}

function isOwnMachine(server: string): boolean {
  const host = hostOf(new URL(server));
  return host === 'localhost' || isLoopback(host);
}
