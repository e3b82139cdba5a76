import { open } from 'node:fs/promises';
import { headText, readHead } from '@picket/shared/audit/entry-hash.ts';
import type { AuditVerdict } from '@picket/shared/audit/verify-log.ts';
import { failure } from '@picket/shared/errors.ts';
import { quote } from '@picket/shared/problems.ts';
import type { AuditHead } from '@picket/shared/protocol/audit.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../arguments.ts';
import { entryReader } from '../entry-reader.ts';
import { fillNewFile } from '../new-file.ts';
import { reads } from '../reads.ts';
import { auditLines } from '../render/audit.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';

interface VerifyOptions {
  readonly head?: readonly AuditHead[];
  readonly file?: string;
}

/** `picket audit list`, `head`, `export` and `verify`. */
export function auditCommands(program: Command, shell: Shell): void {
  const audit = program.command('audit').description('show, export and check the record of what operators did');
  audit
    .command('list')
    .description('list what operators did and what was refused, the latest last')
    .option('--limit <count>', 'read at most this number of entries', wholeNumber('--limit', 1, 1_000_000), 100)
    .action(({ limit }: { readonly limit: number }) =>
      shell.withCoordinator(async (api) => {
        const page = await api.list('audit', { limit });
        shell.show(page, ({ items }) => auditLines(items.toReversed()));
        shell.noteMore(page, 'entries');
      }),
    );
  audit
    .command('head')
    .description('print the number and the hash of the latest entry; keep them in another place')
    .action(() =>
      shell.withCoordinator(async (api) => {
        shell.show(await api.auditHead(), headText);
      }),
    );
  audit
    .command('export')
    .description('write all entries to a file, one JSON object a line, and check them')
    .argument('<file>', 'the new file; an existing file is not overwritten')
    .action((file: string) =>
      shell.withCoordinator(async (api) => {
        const entries = entryReader([]);
        await fillNewFile(file, (write) =>
          api.exportAudit(async (octets) => {
            entries.take(octets);
            await write(octets);
          }),
        );
        const verdict = whole(entries.end());
        shell.show(verdict, () => `${file}: ${inWords(verdict)}`);
      }),
    );
  audit
    .command('verify')
    .description('check that no entry was changed, removed or inserted')
    .option(
      '--head <number:hash>',
      'a head that was kept elsewhere; several times for several',
      reads({ repeats: true }, headsArgument),
    )
    .option('--file <file>', 'check an export instead of the log on the coordinator')
    .action(async ({ head: heads = [], file }: VerifyOptions) => {
      const entries = entryReader(heads);
      if (file !== undefined) await readThrough(file, entries.take);
      else await shell.withCoordinator((api) => api.exportAudit(async (octets) => entries.take(octets)));
      const verdict = whole(entries.end());
      shell.show(verdict, () => {
        const agreed = heads.map(({ number }) => number).join(', ');
        const kept = heads.length === 0 ? keepIt : `It agrees with the head of entry ${agreed}.`;
        return `The audit log is whole: ${inWords(verdict)}\n${kept}`;
      });
    });
}

const keepIt =
  'Keep this head in another place. A later check with --head finds out whether an entry up to it was changed or removed.';

/** Throws `audit_not_whole`. */
function whole(verdict: AuditVerdict): AuditVerdict {
  const { problems } = verdict;
  if (problems.length > 0) throw failure('audit_not_whole', { problem: reason('several', { reasons: problems }) });
  return verdict;
}

function inWords({ first, head }: AuditVerdict): string {
  if (first === null || head === null) return 'no entries.';
  return `entries ${first} to ${head.number}.\nHead: ${headText(head)}`;
}

function headsArgument(text: string, before: readonly AuditHead[] = []): readonly AuditHead[] {
  const head = readHead(text);
  if (head !== undefined) return [...before, head];
  throw usageError(`--head ${quote(text)} is not a head; write it as \`picket audit head\` prints it: NUMBER:HASH`);
}

/** Throws `usage_invalid` for a file that cannot be read. */
async function readThrough(path: string, take: (octets: Uint8Array) => void): Promise<void> {
  try {
    const file = await open(path);
    for await (const octets of file.createReadStream() as AsyncIterable<Uint8Array>) take(octets);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw usageError(`--file ${quote(path)} cannot be read: ${code === 'ENOENT' ? 'it does not exist' : code}`);
  }
}
