import { formatUrl } from '@picket/shared/etcd-config/urls.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';

/** What Prometheus scrapes for a cluster, as `HOST:PORT`. */
export interface ScrapeTargets {
  readonly coordinator: string;
  /** null: each etcd serves its metrics on loopback alone. */
  readonly etcd: readonly { readonly member: string; readonly target: string }[] | null;
}

/** @param coordinator the URL of the coordinator */
export function scrapeTargets({ members, ports, etcdMetrics }: ClusterSpec, coordinator: string): ScrapeTargets {
  return {
    coordinator: new URL(coordinator).host,
    etcd:
      etcdMetrics === 'address'
        ? members.map(({ name, address }) => ({
            member: name,
            target: new URL(formatUrl('http', address, ports.metrics)).host,
          }))
        : null,
  };
}

/**
 * `picket cluster prometheus`: a part of prometheus.yml. etcd is scraped at its metrics listener: a client certificate for
 * the client port would open every key.
 */
export function scrapeConfiguration(spec: ClusterSpec, coordinator: string): string {
  const { etcd, coordinator: target } = scrapeTargets(spec, coordinator);
  const { name } = spec;
  return [
    '# Part of prometheus.yml. `promtool check config` finds mistakes in the whole file.',
    'scrape_configs:',
    '  # The coordinator reports on all clusters: one such job is enough. How to get the files: docs/how-to/scrape-metrics.md',
    '  - job_name: picket',
    '    scheme: https',
    '    scrape_interval: 30s',
    '    tls_config:',
    '      ca_file: /etc/prometheus/picket-ca.pem',
    '      cert_file: /etc/prometheus/picket-me.pem',
    '      key_file: /etc/prometheus/picket-me.pem',
    '    static_configs:',
    `      - targets: ['${target}']`,
    ...(etcd === null
      ? [
          `  # Each etcd of ${name} serves its own metrics on loopback alone. To scrape them, let it serve them on the address of its`,
          '  # member too, over plain HTTP; the members restart one after another. Then run this command again:',
          `  #   picket cluster set ${name} etcdMetrics=address`,
        ]
      : [
          `  - job_name: etcd-${name}`,
          '    static_configs:',
          ...etcd.flatMap((one) => [
            `      - targets: ['${one.target}']`,
            `        labels: { cluster: ${name}, member: ${one.member} }`,
          ]),
        ]),
  ].join('\n');
}
