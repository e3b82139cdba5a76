import { failure } from '@picket/shared/errors.ts';
import type { Command } from 'commander';
import { clusterArgument, memberArgument } from '../arguments.ts';
import { confirmByName } from '../confirm.ts';
import { givenUpByReplacement, replacementBegun } from '../render/replacement.ts';
import type { Shell } from '../shell.ts';

interface ReplaceOptions {
  readonly force?: true;
  readonly yes?: true;
}

/** `picket member replace CLUSTER MEMBER`. First shows what is given up and asks for the name. */
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
        if (options.yes !== true) {
          const status = await api.status(cluster);
          const held = status.members.find((member) => member.name === name);
          if (status.state !== 'frozen' && (held?.phase === 'declared' || held?.phase === 'joined')) {
            const reason = 'it is not a member of etcd, so it has nothing to replace';
            throw failure('replace_refused', { cluster, member: name, reason });
          }
          shell.note(givenUpByReplacement(status, name));
          const question = 'Type the name of the member to replace it';
          await confirmByName(shell.io, { question, name, what: `The member ${name}` });
        }
        const view = await api.replaceMember(cluster, name, options.force === true ? { force: true } : {});
        shell.show(view, () => replacementBegun(view, name));
      }),
    );
}
