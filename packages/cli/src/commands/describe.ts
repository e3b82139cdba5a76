import { plainIn } from '@picket/shared/plain.ts';
import { type Command, Option } from 'commander';
import { clusterCommand } from '../only-cluster.ts';
import { clusterNames, type DnsFormat, dnsFormats, dnsLines } from '../render/dns.ts';
import { k3sDatastore, k3sEnvironment } from '../render/k3s.ts';
import { scrapeConfiguration, scrapeTargets } from '../render/prometheus.ts';
import type { Shell } from '../shell.ts';

/** `picket cluster k3s`, `picket cluster dns`, `picket cluster prometheus`: the settings of other programs for a cluster. */
export function describeCommands(cluster: Command, shell: Shell): void {
  clusterCommand(
    cluster.command('k3s').description('print the environment for k3s to use the cluster as its datastore'),
    shell,
    async (api, name) => {
      const { spec } = await api.cluster({ name });
      shell.show({ environment: k3sDatastore(spec) }, () => k3sEnvironment(plainIn(spec)));
    },
  );
  clusterCommand(
    cluster
      .command('dns')
      .description('print the names of the cluster as lines for dnsmasq and for /etc/hosts')
      .addOption(new Option('--format <format>', 'print only one of these formats').choices(dnsFormats)),
    shell,
    async (api, name, { format }: { readonly format?: DnsFormat }) => {
      const { spec } = await api.cluster({ name });
      const wanted = format === undefined ? dnsFormats : [format];
      shell.show(clusterNames(spec), () => dnsLines(plainIn(spec), wanted));
    },
  );
  clusterCommand(
    cluster.command('prometheus').description('print what Prometheus needs to scrape the coordinator and each etcd'),
    shell,
    async (api, name) => {
      const { spec } = await api.cluster({ name });
      shell.show(scrapeTargets(spec, api.server), () => scrapeConfiguration(plainIn(spec), api.server));
    },
  );
}
