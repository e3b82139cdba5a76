import { plainIn } from '@picket/shared/plain.ts';
import { type Command, Option } from 'commander';
import { installLine } from '../render/install-line.ts';
import { packageCommands, packageText } from '../render/package-commands.ts';
import type { Shell } from '../shell.ts';
import { version } from '../version.ts';

interface InstallerOptions {
  readonly upgrade?: true;
  readonly uninstall?: true;
  readonly purge?: true;
  readonly dryRun?: true;
  readonly packages?: true;
}

const acts = ['upgrade', 'uninstall', 'purge'] as const;

/** `picket installer`: install lines without a join string. */
export function installerCommand(program: Command, shell: Shell): void {
  const command = program
    .command('installer')
    .description(
      'print the command that upgrades or removes Picket on a machine; without an option, the install command, which asks for a join string',
    )
    .option('--dry-run', 'the command only says what it would do');
  const texts = {
    upgrade: 'replace the agent with the one of the coordinator, and do not touch etcd',
    uninstall: 'remove the agent, and keep etcd running with its files',
    purge: 'remove the agent, etcd and its data',
  };
  for (const act of acts) {
    const others = acts.filter((other) => other !== act);
    command.addOption(new Option(`--${act}`, texts[act]).conflicts([...others]));
  }
  command.addOption(
    new Option('--packages', 'print the commands that install the agent as a package of Alpine or Debian').conflicts([
      ...acts,
      'dryRun',
    ]),
  );
  command.action(({ dryRun, packages, ...chosen }: InstallerOptions) =>
    shell.withCoordinator(async (api) => {
      const installer = await api.installer();
      if (packages === true)
        return shell.show(packageCommands(version, new URL(plainIn(installer).url).origin), packageText);
      const wanted = acts.filter((act) => chosen[act] === true).map((act) => `--${act}`);
      const options = [...wanted, ...(dryRun === true ? ['--dry-run'] : [])];
      const line = installLine({ installer: plainIn(installer), options });
      shell.show({ ...installer, line }, () => line);
    }),
  );
}
