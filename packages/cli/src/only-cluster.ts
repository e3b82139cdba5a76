import { failure } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import type { Command } from 'commander';
import type { Api } from './api.ts';
import { clusterArgument } from './arguments.ts';
import type { Shell } from './shell.ts';

/** So many names fit into an error. */
const mostNamed = 20;

/** Adds the optional argument `[cluster]`: without it, the command acts on the only cluster of the coordinator. */
export function withOptionalCluster(command: Command): Command {
  return command.argument('[cluster]', 'the cluster; may be left out if there is only one', clusterArgument);
}

/** Lets a command with the optional argument `[cluster]` work on that cluster. */
export function clusterCommand<Options>(
  command: Command,
  shell: Shell,
  work: (api: Api, cluster: string, options: Options) => Promise<void>,
): void {
  withOptionalCluster(command).action((given: string | undefined, options: Options) =>
    onCluster(shell, given, (api, cluster) => work(api, cluster, options)),
  );
}

/** Connects, finds the cluster that `given` means, and works on it. Throws as {@link onlyCluster}. */
export function onCluster<T>(
  shell: Shell,
  given: string | undefined,
  work: (api: Api, cluster: string) => Promise<T>,
): Promise<T> {
  return shell.withCoordinator(async (api) => work(api, given ?? (await onlyCluster(api))));
}

/** The name of the only cluster. Throws `no_cluster`, and `cluster_not_named` if there are several. */
async function onlyCluster(api: Api): Promise<string> {
  const { items, next } = await api.list('clusters', { limit: mostNamed });
  const names = items.map(({ spec }) => plain(spec.name));
  const [only] = names;
  if (only === undefined) throw failure('no_cluster', {});
  if (names.length === 1) return only;
  throw failure('cluster_not_named', { clusters: `${names.join(', ')}${next === null ? '' : ', …'}` });
}
