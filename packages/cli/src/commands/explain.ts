import { explained } from '@picket/shared/explain/as-text.ts';
import { allCodes } from '@picket/shared/explain/explain.ts';
import type { Command } from 'commander';
import { reads } from '../reads.ts';
import type { Shell } from '../shell.ts';

/** `picket explain [CODE]` needs no coordinator and no context file. */
export function explainCommand(program: Command, shell: Shell): void {
  program
    .command('explain')
    .description('say what a code means, such as no_reads, and what to do; without one, list all codes')
    .argument(
      '[code]',
      'the code of an error, a reason, an event, a problem, or an exit code, or the number of a fault of etcd',
      reads({ words: allCodes() }, (code: string) => code),
    )
    .action((code: string | undefined) => {
      const { answer, text } = explained(code);
      shell.show(answer, () => text);
    });
}
