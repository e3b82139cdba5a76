import { countedFamilies, families } from '@picket/coordinator/metrics/families.ts';

/** The headings of the page: the families whose names begin so. */
const groups = [
  [
    'The coordinator',
    ['picket_build_info', 'picket_clusters', 'picket_nodes', 'picket_store_', 'picket_backup_', 'process_'],
  ],
  ['Clusters', ['picket_cluster_']],
  ['Members', ['picket_member_']],
  ['Client nodes', ['picket_client_']],
  ['Certificates', ['picket_certificate_']],
  ['Notifications', ['picket_notification']],
  ['Requests', ['picket_http_']],
] as const;

/** docs/reference/metrics.md as the table of families has it. */
export function metricsDocument(): string {
  const all = Object.entries({ ...families, ...countedFamilies });
  const lines = [
    '# Metrics',
    '',
    'What `GET /metrics` of the coordinator has, in the text format of Prometheus. [Scrape metrics](../how-to/scrape-metrics.md)',
    'shows how to fetch them.',
    '',
    '- Reports are fresh for 35 s. After that, what the member has reported (etcd, service, machine) has no series until it reports',
    '  again; `picket_member_report_age_seconds` goes on.',
    '- `code` is the code of a [reason](rest-api.md#reasons-notices-and-events), or of an [error](errors.md) in `picket_http_errors_total`. A code that the',
    '  coordinator does not know is `other`.',
    '- A deleted cluster has no series.',
    '',
    'This page is made from `packages/coordinator/src/metrics/families.ts` by `npm run docs`.',
  ];
  for (const [heading, starts] of groups) {
    lines.push('', `## ${heading}`);
    for (const [name, { kind, help, labels }] of all) {
      if (!starts.some((start) => name.startsWith(start))) continue;
      const labelled = labels.length === 0 ? '' : `, labels ${labels.map((label) => `\`${label}\``).join(', ')}`;
      lines.push('', `### ${name}`, '', `${help} (${kind}${labelled})`);
    }
  }
  return `${lines.join('\n')}\n`;
}
