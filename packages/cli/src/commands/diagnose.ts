import { findingsAsText, isFault } from '@picket/shared/diagnosis/as-text.ts';
import type { Command } from 'commander';
import { clusterCommand } from '../only-cluster.ts';
import type { Shell } from '../shell.ts';

/** `picket diagnose [CLUSTER]`. Its exit code says whether it has found a cause. */
export function diagnoseCommand(program: Command, shell: Shell): void {
  const command = program
    .command('diagnose')
    .description(
      'find out why something does not work: causes with their proof and the next command; the exit code is 3 if there is one, else 0',
    );
  clusterCommand(command, shell, async (api, name) => {
    const view = await api.diagnosis({ name });
    shell.show(view, ({ findings }) => findingsAsText(`Cluster ${name}`, findings));
    if (isFault(view.findings)) shell.endWithFound();
  });
}
