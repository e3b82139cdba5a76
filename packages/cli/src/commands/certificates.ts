import type { Command } from 'commander';
import { clusterArgument, limitOption } from '../arguments.ts';
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
    .option(...limitOption)
    .action((cluster: string | undefined, { issued, limit }: CertificatesOptions) =>
      shell.withCoordinator(async (api) => {
        const times = shell.times();
        if (issued === true) {
          const page = await api.list('certificates', { cluster, limit });
          shell.show(page, ({ items }) => certificateTable(items, times));
          return shell.noteMore(page, 'certificates');
        }
        const page = await api.list('certificatesInForce', { cluster, limit });
        shell.show(page, ({ items }) => inForceTable(items, times));
        shell.noteMore(page, 'certificates');
      }),
    );
}
