import type { Command } from 'commander';
import { clusterCommand } from '../only-cluster.ts';
import { renderAdvisories } from '../render/advisories.ts';
import type { Shell } from '../shell.ts';

/** `picket advisories [CLUSTER]` */
export function advisoriesCommand(program: Command, shell: Shell): void {
  const command = program
    .command('advisories')
    .description('list the known faults of the etcd that a cluster runs: security holes and others, and what to do');
  clusterCommand(command, shell, async (api, name) => {
    shell.show(await api.advisories({ name }), renderAdvisories);
  });
}
