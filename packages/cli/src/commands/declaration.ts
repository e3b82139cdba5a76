import { readFile } from 'node:fs/promises';
import { type Declaration, readDeclaration, writeDeclaration } from '@picket/shared/config/declaration.ts';
import { failure } from '@picket/shared/errors.ts';
import { plainIn } from '@picket/shared/plain.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { clusterArgument, wholeNumber } from '../arguments.ts';
import { type Naming, withConfirmation } from '../confirm.ts';
import { fileProblem } from '../context-file.ts';
import type { Io } from '../io.ts';
import { clusterCommand } from '../only-cluster.ts';
import { readAll } from '../read-input.ts';
import { reads } from '../reads.ts';
import { unlessRefused } from '../refusal.ts';
import { createdCluster } from '../render/clusters.ts';
import { differences, renderDifferences, revisionTable } from '../render/differences.ts';
import { accessAfterRemoval } from '../render/eviction.ts';
import { joinNext, leavingNext } from '../render/plan.ts';
import { rolloutWaits } from '../render/rollout.ts';
import type { Shell } from '../shell.ts';
import { timeoutOf, type WaitOptions, withWait } from '../waiting/options.ts';
import { afterChange, type Waiting } from '../waiting/orders.ts';
import { type AcceptedChange, acceptedChange, warned } from './change-members.ts';

const longestFile = 256 * 1024;
const revisionArgument = reads({ names: ['revision'] }, wholeNumber('REVISION', 1, 999_999_999));

/** `picket cluster export`, `apply`, `diff`, `history`, `revert`: a cluster as a file, and its earlier revisions. */
export function declarationCommands(cluster: Command, shell: Shell): void {
  clusterCommand(
    cluster.command('export').description('print all settings of a cluster as a file for `picket cluster apply`'),
    shell,
    async (api, name) => shell.show((await api.cluster({ name })).spec, writeDeclaration),
  );
  const apply = cluster
    .command('apply')
    .description('declare or change a cluster with a file; settings that the file leaves out stay unchanged')
    .requiredOption('-f, --file <file>', 'the file, in the form that `picket cluster export` prints; - reads stdin');
  withConfirmation(apply, 'the cluster, if its members change after it was founded');
  withWait(apply, 'all members are voters with these settings').action(async ({ file, ...options }: ApplyOptions) => {
    const timeout = timeoutOf(options);
    const declaration = readDeclaration(await readText(file, shell.io), file);
    await shell.withCoordinator((api) => applied(api, declaration, shell, { naming: options, timeout }));
  });
  cluster
    .command('diff')
    .description(
      'show the differences between revisions FROM and TO, between FROM and the present one, or between the present one and a file',
    )
    .argument('<name>', 'the cluster', clusterArgument)
    .argument('[from]', 'a revision', revisionArgument)
    .argument('[to]', 'a later revision', revisionArgument)
    .option('-f, --file <file>', 'compare with the result of applying this file; - reads stdin')
    .action(
      async (name: string, from: number | undefined, to: number | undefined, { file }: { readonly file?: string }) => {
        const declaration = file === undefined ? null : readDeclaration(await readText(file, shell.io), file);
        await shell.withCoordinator(async (api) => {
          const [before, after] = await compared(api, { name, from, to, declaration });
          shell.show({ items: differences(before, after), next: null }, ({ items }) => renderDifferences(items));
        });
      },
    );
  clusterCommand(
    cluster.command('history').description('list the revisions of a cluster, the latest first'),
    shell,
    async (api, name) =>
      shell.show(await api.list('revisions', {}, { name }), (page) => revisionTable(page, shell.times())),
  );
  const revert = cluster
    .command('revert')
    .description('return all settings that can change to an earlier revision; this makes a new revision')
    .argument('<name>', 'the cluster', clusterArgument)
    .argument('<revision>', 'the revision to return to', revisionArgument);
  withWait(revert, 'all members have the new settings').action(
    (name: string, revision: number, options: WaitOptions) => {
      const timeout = timeoutOf(options);
      return shell.withCoordinator(async (api) => {
        const { spec } = await api.cluster({ name });
        const view = await api.revertCluster({ name, ifMatch: spec.revision, body: { revision } });
        await concludeChange({ shell, api, cluster: name, timeout }, spec, { view, isWarned: false });
      });
    },
  );
}

interface ApplyOptions extends Naming, WaitOptions {
  readonly file: string;
}

async function applied(
  api: Api,
  declaration: Declaration,
  shell: Shell,
  { naming, timeout }: { readonly naming: Naming; readonly timeout: number | null },
): Promise<void> {
  const { name, revision, ...change } = declaration;
  const there = await unlessRefused('not_found', api.cluster({ name }));
  if (there === null) {
    const view = await api.createCluster({ body: { name, ...change } });
    shell.show(view, createdCluster);
    await afterChange({ shell, api, cluster: name, timeout }, null, view.spec);
    return;
  }
  const asked = { spec: there.spec, revision: revision ?? there.spec.revision, change, naming };
  await concludeChange({ shell, api, cluster: name, timeout }, there.spec, await acceptedChange(shell, api, asked));
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
  const { spec } = await api.cluster({ name });
  if (declaration !== null) {
    const { tuning, snapshots, revision: _revision, ...settings } = declaration;
    const policy = snapshots === undefined ? {} : { snapshots: { ...spec.snapshots, ...snapshots } };
    return [spec, { ...spec, ...settings, tuning: { ...spec.tuning, ...tuning }, ...policy }];
  }
  // Without a revision: what the last change was.
  const before = from ?? Math.max(1, spec.revision - 1);
  const earlier = await api.revision({ name, revision: String(before) });
  return [earlier.spec, to === undefined ? spec : (await api.revision({ name, revision: String(to) })).spec];
}

/** Shows what a change has changed, and waits for it if the operator asked for that. */
export async function concludeChange(waiting: Waiting, before: ClusterSpec, accepted: AcceptedChange): Promise<void> {
  await showChange(waiting, before, accepted);
  await afterChange(waiting, before, accepted.view.spec);
}

/** With what the names of the settings begin that a member has to restart for. */
const restarting = ['tuning.', 'ports.', 'etcd'];

/** Shows what a change has changed, which command shows its progress, and what its rollout waits for. */
async function showChange({ shell, api }: Waiting, before: ClusterSpec, { view, isWarned }: AcceptedChange) {
  const { name, revision } = view.spec;
  if (revision === before.revision) {
    shell.show(
      view,
      ({ spec }) =>
        `The cluster ${spec.name} already has these settings, at revision ${revision}: nothing was changed.`,
    );
    return;
  }
  const found = differences(before, view.spec);
  const restarts = found.some(({ setting }) => restarting.some((start) => setting.startsWith(start)));
  const rehosted = found.some(({ setting }) => setting.startsWith('members.'));
  shell.show(view, ({ spec, plan, warnings, leaves }) =>
    [
      `The cluster ${spec.name} is at revision ${revision}:`,
      ...renderDifferences(plainIn(found))
        .split('\n')
        .map((line) => `  ${line}`),
      ...(restarts
        ? [`The members restart with it one after another: \`picket status ${spec.name} --watch\` shows the progress.`]
        : []),
      ...(rehosted && !isWarned ? warnings.map(warned) : []),
      ...(rehosted && plan !== undefined
        ? [...leavingNext(spec, plan), ...accessAfterRemoval(leaves), ...joinNext(spec, plan)]
        : []),
    ].join('\n'),
  );
  if (!restarts || shell.json()) return;
  // The change is stored, whatever becomes of this request.
  const status = await api.status({ name }).catch(() => null);
  if (status !== null) for (const line of rolloutWaits(plainIn(status))) shell.note(line);
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
