import { readFile } from 'node:fs/promises';
import { type Declaration, readDeclaration, writeDeclaration } from '@picket/shared/config/declaration.ts';
import { failure } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import type { ClusterSpec, ClusterView } from '@picket/shared/protocol/clusters.ts';
import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { clusterArgument, wholeNumber } from '../arguments.ts';
import { fileProblem } from '../context-file.ts';
import type { Io } from '../io.ts';
import { readAll } from '../read-input.ts';
import { Refusal } from '../refusal.ts';
import { createdCluster } from '../render/clusters.ts';
import { differences, renderDifferences } from '../render/differences.ts';
import { revisionTable } from '../render/revisions.ts';
import type { Shell } from '../shell.ts';

const longestFile = 256 * 1024;
const revisionArgument = wholeNumber('REVISION', 1, 999_999_999);

/** `picket cluster export`, `apply`, `diff`, `history`, `revert`: a cluster as a file, and as it was before. */
export function declarationCommands(cluster: Command, shell: Shell): void {
  cluster
    .command('export')
    .description('print all settings of a cluster as a file for `picket cluster apply`')
    .argument('<name>', 'the cluster', clusterArgument)
    .action((name: string) =>
      shell.withCoordinator(async (api) => {
        const { spec } = await api.cluster(name);
        shell.show(spec, () => writeDeclaration(spec));
      }),
    );
  cluster
    .command('apply')
    .description('make a cluster what a file says, or declare it; what the file leaves out stays as it is')
    .requiredOption('-f, --file <file>', 'the file, as `picket cluster export` prints it; - reads it from stdin')
    .action(async ({ file }: { readonly file: string }) => {
      const declaration = readDeclaration(await readText(file, shell.io), file);
      await shell.withCoordinator((api) => applied(api, declaration, shell));
    });
  cluster
    .command('diff')
    .description('show what differs: from revision FROM to TO, from FROM to today, or from today to a file')
    .argument('<name>', 'the cluster', clusterArgument)
    .argument('[from]', 'a revision', revisionArgument)
    .argument('[to]', 'a later one', revisionArgument)
    .option('-f, --file <file>', 'compare with what this file would make of it; - reads it from stdin')
    .action(
      async (name: string, from: number | undefined, to: number | undefined, { file }: { readonly file?: string }) => {
        const declaration = file === undefined ? null : readDeclaration(await readText(file, shell.io), file);
        await shell.withCoordinator(async (api) => {
          const [before, after] = await compared(api, { name, from, to, declaration });
          const found = differences(before, after);
          shell.show(found, () => renderDifferences(found));
        });
      },
    );
  cluster
    .command('history')
    .description('list the revisions of a cluster, the latest first')
    .argument('<name>', 'the cluster', clusterArgument)
    .action((name: string) =>
      shell.withCoordinator(async (api) => {
        const revisions = await api.revisions(name);
        shell.show(revisions, () => revisionTable(revisions));
      }),
    );
  cluster
    .command('revert')
    .description('make all that can be changed what it was in an earlier revision; this is a new revision')
    .argument('<name>', 'the cluster', clusterArgument)
    .argument('<revision>', 'the one to go back to', revisionArgument)
    .action((name: string, revision: number) =>
      shell.withCoordinator(async (api) => {
        const { spec } = await api.cluster(name);
        showChange(shell, spec, await api.revertCluster(name, spec.revision, revision));
      }),
    );
}

async function applied(api: Api, declaration: Declaration, shell: Shell): Promise<void> {
  const { name, revision, ...settings } = declaration;
  const there = await clusterIfThere(api, name);
  if (there === null) {
    const view = await api.createCluster({ name, ...settings });
    shell.show(view, () => createdCluster(view));
    return;
  }
  showChange(shell, there.spec, await api.changeCluster(name, revision ?? there.spec.revision, settings));
}

async function clusterIfThere(api: Api, name: string): Promise<ClusterView | null> {
  try {
    return await api.cluster(name);
  } catch (error) {
    if (error instanceof Refusal && error.wire.code === 'not_found') return null;
    throw error;
  }
}

interface Comparison {
  readonly name: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly declaration: Declaration | null;
}

async function compared(
  api: Api,
  { name, from, to, declaration }: Comparison,
): Promise<readonly [Partial<ClusterSpec>, Partial<ClusterSpec>]> {
  const { spec } = await api.cluster(name);
  if (declaration !== null) {
    const { tuning, snapshots, revision: _revision, ...settings } = declaration;
    const policy = snapshots === undefined ? {} : { snapshots: { ...spec.snapshots, ...snapshots } };
    return [spec, { ...spec, ...settings, tuning: { ...spec.tuning, ...tuning }, ...policy }];
  }
  // Without a revision: what the last change was.
  const before = from ?? Math.max(1, spec.revision - 1);
  const earlier = await api.revision(name, before);
  return [earlier.spec, to === undefined ? spec : (await api.revision(name, to)).spec];
}

/** What a change of a cluster has changed, and where to see how it goes on. */
export function showChange(shell: Shell, before: ClusterSpec, view: ClusterView): void {
  const { name, revision } = view.spec;
  if (revision === before.revision) {
    shell.show(view, () => `The cluster ${plain(name)} is so already, at revision ${revision}: nothing has changed.`);
    return;
  }
  const found = differences(before, view.spec);
  const restarts = found.some(({ setting }) => setting.startsWith('tuning.') || setting.startsWith('ports.'));
  const rehosted = found.some(({ setting }) => setting.startsWith('members.'));
  const next = `One member after the other restarts with it: \`picket status ${plain(name)} --watch\` shows how far it is.`;
  shell.show(view, () =>
    [
      `The cluster ${plain(name)} is at revision ${revision}:`,
      ...renderDifferences(found)
        .split('\n')
        .map((line) => `  ${line}`),
      ...(restarts ? [next] : []),
      ...(rehosted ? view.warnings.map(({ message }) => `Warning: ${plain(message)}`) : []),
    ].join('\n'),
  );
}

async function readText(file: string, io: Io): Promise<string> {
  if (file === '-') return Buffer.from(await readAll(io.stdin, longestFile)).toString('utf8');
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const problem = fileProblem(error as NodeJS.ErrnoException);
    throw failure('declaration_unreadable', { file, problem }, { cause: error });
  }
}
