import type { Command } from 'commander';
import { clusterArgument, wholeNumber } from '../arguments.ts';
import { certificateTable, inForceTable } from '../render/certificates.ts';
import type { Shell } from '../shell.ts';

interface CertificatesOptions {
  readonly issued?: true;
  readonly limit?: number;
}

/** `picket certificates`: those that are in force, or all that were ever issued. */
export function certificatesCommand(program: Command, shell: Shell): void {
  program
    .command('certificates')
    .description('list the certificates that are in force, with their ends and who renews them')
    .argument('[cluster]', 'only those of this cluster', clusterArgument)
    .option('--issued', 'all that were ever issued, the latest first')
    .option('--limit <count>', 'at most so many (default: all)', wholeNumber('--limit', 1, 1_000_000))
    .action((cluster: string | undefined, { issued, limit }: CertificatesOptions) =>
      shell.withCoordinator(async (api) => {
        const now = shell.io.now();
        const more = (next: string | null): void => {
          if (next !== null && !shell.json()) shell.note('There are more certificates; --limit left them out.');
        };
        if (issued !== true) {
          const page = await api.list('certificates/in-force', { cluster, limit });
          shell.show(page, () => inForceTable(page.items, now));
          return more(page.next);
        }
        const page = await api.list('certificates', { cluster, limit });
        // A mistyped cluster has no items either: this throws not_found for it.
        if (cluster !== undefined && page.items.length === 0) await api.cluster(cluster);
        shell.show(page, () => certificateTable(page.items, now));
        more(page.next);
      }),
    );
}
