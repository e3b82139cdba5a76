import { readFile } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import { maxBytes } from '@picket/shared/hosts/decode.ts';
import { readHosts } from '@picket/shared/hosts/read-hosts.ts';
import type { KeyType, Ports } from '@picket/shared/protocol/primitives.ts';
import { type Command, Option } from 'commander';
import {
  clusterArgument,
  domainArgument,
  leafLifetimeHours,
  newName,
  portsArgument,
  releaseVersion,
  several,
  vipArgument,
  wholeNumber,
} from '../arguments.ts';
import { fileProblem } from '../context-file.ts';
import type { Io } from '../io.ts';
import { clusterCommand } from '../only-cluster.ts';
import { readAll } from '../read-input.ts';
import { clusterDetails, clusterTable, createdCluster } from '../render/clusters.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';
import { authenticationCommands } from './authentication.ts';
import { declarationCommands } from './declaration.ts';
import { deleteCommand } from './delete.ts';
import { describeCommands } from './describe.ts';
import { resetCommand } from './reset.ts';
import { restoreCommand } from './restore.ts';
import { setCommand } from './set.ts';
import { downgradeCommand, upgradeCommand } from './upgrade.ts';

interface CreateOptions {
  readonly hosts?: string;
  readonly domain?: string;
  readonly serviceName?: string[];
  readonly vip?: string[];
  readonly advertise?: 'ip' | 'name';
  readonly keyType?: KeyType;
  readonly leafLifetime?: number;
  readonly heartbeatMs?: number;
  readonly electionMs?: number;
  readonly allowLoopback?: true;
  readonly ports?: Ports;
  readonly etcdVersion?: string;
}

/** `picket cluster …` */
export function clusterCommands(program: Command, shell: Shell): void {
  const cluster = program
    .command('cluster')
    .description('declare, show, change, upgrade, reset, restore, unfreeze and delete clusters');
  createCommand(cluster, shell);
  cluster
    .command('list')
    .description('list the clusters')
    .option('--deleted', 'list what is kept of the clusters that are deleted')
    .action(({ deleted }: { readonly deleted?: true }) =>
      shell.withCoordinator(async (api) => {
        const page = await (deleted === true ? api.list('clusters', { deleted: 'true' }) : api.list('clusters', {}));
        shell.show(page, ({ items }) => clusterTable(items, { ...shell.times(), deleted: deleted === true }));
      }),
    );
  clusterCommand(
    cluster.command('show').description('show the declared settings of a cluster'),
    shell,
    async (api, name) => shell.show(await api.cluster({ name }), clusterDetails),
  );
  setCommand(cluster, shell);
  upgradeCommand(cluster, shell);
  downgradeCommand(cluster, shell);
  declarationCommands(cluster, shell);
  resetCommand(cluster, shell);
  restoreCommand(cluster, shell);
  deleteCommand(cluster, shell);
  describeCommands(cluster, shell);
  authenticationCommands(cluster, shell);
  clusterCommand(
    cluster.command('unfreeze').description('unfreeze a cluster, after you removed the cause'),
    shell,
    async (api, name) =>
      shell.show(await api.unfreezeCluster({ name }), ({ spec }) => `The cluster ${spec.name} is no longer frozen.`),
  );
}

function createCommand(cluster: Command, shell: Shell): void {
  cluster
    .command('create')
    .description('declare a cluster, with the hosts of a host list as its members')
    .argument('<name>', 'the name of the new cluster', newName(clusterArgument))
    .option('--hosts <file>', 'required: the host list, ADDRESS,NAME on each line; - reads stdin')
    .option('--domain <domain>', 'required: the DNS domain of the hosts', domainArgument('--domain'))
    .option(
      '--service-name <name>',
      'a name that resolves to all members; may be repeated',
      several(domainArgument('--service-name')),
    )
    .option(
      '--vip <address>',
      'a shared address, for example of a load balancer; may be repeated',
      several(vipArgument('--vip')),
    )
    .addOption(
      new Option('--advertise <what>', 'whether URLs contain addresses or names (default: ip)').choices(['ip', 'name']),
    )
    .addOption(new Option('--key-type <type>', 'the type of all keys (default: p256)').choices(['p256', 'rsa2048']))
    .option(
      '--leaf-lifetime <duration>',
      'the lifetime of etcd certificates, such as 1y or 87600h (default: 1y)',
      leafLifetimeHours,
    )
    .option('--heartbeat-ms <ms>', 'the heartbeat interval of etcd', wholeNumber('--heartbeat-ms', 10, 10_000))
    .option('--election-ms <ms>', 'the election timeout of etcd', wholeNumber('--election-ms', 50, 50_000))
    .option('--ports <client,peer,metrics>', 'the ports of etcd (default: 2379,2380,2381)', portsArgument)
    .option(
      '--etcd-version <version>',
      'run this release of etcd from the release store, not the package of each host',
      releaseVersion('--etcd-version'),
    )
    .option('--allow-loopback', 'accept members with loopback addresses, all on one machine')
    .action(async (name: string, options: CreateOptions) => {
      const {
        hosts: file,
        domain,
        advertise,
        keyType,
        ports,
        allowLoopback,
        heartbeatMs,
        electionMs,
        etcdVersion,
      } = options;
      // Checked only now, so that a mistyped option is reported first.
      if (file === undefined) throw usageError('--hosts FILE is missing');
      if (domain === undefined) throw usageError('--domain DOMAIN is missing, for example edge.example.net');
      const { hosts, warnings } = readHosts(await readHostList(file, shell.io), {
        allowLoopback: allowLoopback === true,
      });
      for (const warning of warnings) shell.note(`Warning: ${warning}`);
      const isTuned = (heartbeatMs ?? electionMs) !== undefined;
      await shell.withCoordinator(async (api) => {
        const view = await api.createCluster({
          body: {
            ...{ name, members: hosts, domain, advertise, keyType, ports, allowLoopback },
            serviceNames: options.serviceName,
            vips: options.vip,
            leafLifetimeHours: options.leafLifetime,
            etcd: etcdVersion === undefined ? undefined : { source: 'release', version: etcdVersion },
            tuning: isTuned ? { heartbeatIntervalMs: heartbeatMs, electionTimeoutMs: electionMs } : undefined,
          },
        });
        shell.show(view, createdCluster);
      });
    });
}

async function readHostList(file: string, io: Io): Promise<Uint8Array> {
  // One byte more than is allowed tells the reader that there is more.
  if (file === '-') return readAll(io.stdin, maxBytes + 1);
  try {
    return await readFile(file);
  } catch (error) {
    const problem = `${file}: ${fileProblem(error as NodeJS.ErrnoException)}`;
    throw failure('hosts_file_unreadable', { problem }, { cause: error });
  }
}
