import { isFault } from '@picket/shared/diagnosis/as-text.ts';
import type { Command } from 'commander';
import { onCluster, withOptionalCluster } from '../only-cluster.ts';
import { renderDiagnosis } from '../render/diagnosis.ts';
import type { Shell } from '../shell.ts';

/** `picket diagnose [CLUSTER]`. Its exit code says whether it has found a cause. */
export function diagnoseCommand(program: Command, shell: Shell): void {
  withOptionalCluster(
    program
      .command('diagnose')
      .description(
        'find out why something does not work: causes with their proof and the next command; the exit code is 3 if there is one, else 0',
      ),
  ).action((given: string | undefined) =>
    onCluster(shell, given, async (api, name) => {
      const view = await api.diagnosis({ name });
      shell.show(view, () => renderDiagnosis(view));
      if (isFault(view.findings)) shell.endWithFound();
    }),
  );
}
