import type { Command } from 'commander';
import { renderBackups } from '../render/backups.ts';
import type { Shell } from '../shell.ts';

/** `picket backups` */
export function backupsCommand(program: Command, shell: Shell): void {
  program
    .command('backups')
    .description('show the backups of the coordinator: where they are stored, how old they are, and what fails')
    .action(() =>
      shell.withCoordinator(async (api) => {
        shell.show(await api.backups(), (view) => renderBackups(view, shell.times()));
      }),
    );
}
