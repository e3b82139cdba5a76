import type { Command } from 'commander';
import { clusterArgument, wholeNumber } from '../arguments.ts';
import { certificateTable, inForceTable } from '../render/certificates.ts';
import type { Shell } from '../shell.ts';

interface CertificatesOptions {
  readonly issued?: true;
  readonly limit?: number;
}

/** `picket certificates`: the certificates in force, or all that were ever issued. */
export function certificatesCommand(program: Command, shell: Shell): void {
  program
    .command('certificates')
    .description('list the certificates in force, when they end, and who renews them')
    .argument('[cluster]', 'only the certificates of this cluster', clusterArgument)
    .option('--issued', 'list all certificates that were ever issued, the latest first')
    .option('--limit <count>', 'list at most this number (default: all)', wholeNumber('--limit', 1, 1_000_000))
    .action((cluster: string | undefined, { issued, limit }: CertificatesOptions) =>
      shell.withCoordinator(async (api) => {
        const now = shell.io.now();
        const more = (next: string | null): void => {
          if (next !== null && !shell.json()) shell.note('There are more certificates. A higher --limit shows them.');
        };
        if (issued !== true) {
          const page = await api.list('certificatesInForce', { cluster, limit });
          shell.show(page, () => inForceTable(page.items, now));
          return more(page.next);
        }
        const page = await api.list('certificates', { cluster, limit });
        // A mistyped cluster has no items either: this throws not_found for it.
        if (cluster !== undefined && page.items.length === 0) await api.cluster({ name: cluster });
        shell.show(page, () => certificateTable(page.items, now));
        more(page.next);
      }),
    );
}
