import { type Command, Option } from 'commander';
import { installLine } from '../render/install-line.ts';
import type { Shell } from '../shell.ts';

interface InstallerOptions {
  readonly upgrade?: true;
  readonly uninstall?: true;
  readonly purge?: true;
  readonly dryRun?: true;
}

const acts = ['upgrade', 'uninstall', 'purge'] as const;

/** `picket installer`: lines that need no join string. */
export function installerCommand(program: Command, shell: Shell): void {
  const command = program
    .command('installer')
    .description(
      'print the line that upgrades Picket on a machine or takes it off; without an option, one that asks for a join string',
    )
    .option('--dry-run', 'the line only tells what it would do');
  const texts = {
    upgrade: 'replace its agent by the coordinator’s; etcd is not touched',
    uninstall: 'the agent goes, etcd goes on with its files',
    purge: 'the agent, etcd and its data go',
  };
  for (const act of acts) {
    const others = acts.filter((other) => other !== act);
    command.addOption(new Option(`--${act}`, texts[act]).conflicts([...others]));
  }
  command.action(({ dryRun, ...chosen }: InstallerOptions) =>
    shell.withCoordinator(async (api) => {
      const installer = await api.installer();
      const wanted = acts.filter((act) => chosen[act] === true).map((act) => `--${act}`);
      const options = [...wanted, ...(dryRun === true ? ['--dry-run'] : [])];
      const line = installLine({ installer, options });
      shell.show({ ...installer, line }, () => line);
    }),
  );
}
