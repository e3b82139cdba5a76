import type { Command } from 'commander';
import { clusterArgument, memberArgument } from '../arguments.ts';
import { confirmByName } from '../confirm.ts';
import { givenUpByReplacement, replacementBegun } from '../render/replacement.ts';
import type { Shell } from '../shell.ts';

interface ReplaceOptions {
  readonly force?: true;
  readonly yes?: true;
}

/**
 * `picket member replace CLUSTER MEMBER`. If the coordinator would not refuse it, shows what is given up and asks for the
 * name.
 */
export function memberCommands(program: Command, shell: Shell): void {
  const member = program.command('member').description('replace members of a cluster');
  member
    .command('replace')
    .description(
      'remove a member from etcd and retire its data; it enters again with an empty data directory, on its node or another',
    )
    .argument('<cluster>', 'the cluster', clusterArgument)
    .argument('<member>', 'the member', memberArgument)
    .option('--force', 'replace one of two voters too, so that only one voter remains')
    .option('--yes', 'do not ask')
    .action((cluster: string, name: string, options: ReplaceOptions) =>
      shell.withCoordinator(async (api) => {
        const order = options.force === true ? { force: true } : {};
        if (options.yes !== true) {
          await api.replaceMember(cluster, name, { ...order, dryRun: true });
          shell.note(givenUpByReplacement(await api.status(cluster), name));
          const question = 'Type the name of the member to replace it';
          await confirmByName(shell.io, { question, name, what: `The member ${name}` });
        }
        const view = await api.replaceMember(cluster, name, order);
        shell.show(view, () => replacementBegun(view, name));
      }),
    );
}
