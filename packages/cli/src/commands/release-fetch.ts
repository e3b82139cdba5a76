import { failure } from '@picket/shared/errors.ts';
import { type Architecture, archiveName, type ReleaseFetchView } from '@picket/shared/protocol/releases.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Api } from '../api.ts';
import { sha256Argument } from '../arguments.ts';
import { Refusal } from '../refusal.ts';
import { byteSize } from '../render/units.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';
import { hashIn } from './release-files.ts';

interface FetchOptions {
  readonly sha256?: string;
  readonly sums?: string;
  readonly arch?: Architecture;
}

/** How often the coordinator is asked how far it is. */
const everyMs = 1000;
/** A line for each so many bytes. */
const stepBytes = 4 * 1024 * 1024;

/** `picket release fetch` */
export function fetchCommand(release: Command, shell: Shell): void {
  release
    .command('fetch')
    .description('let the coordinator download a release of etcd from its mirror, and wait for it')
    .argument('<version>', 'the version of etcd, such as 3.5.33', versionArgument)
    .option('--sums <file>', 'the SHA256SUMS of the release; the coordinator takes no hash from its mirror')
    .addOption(
      new Option('--sha256 <hex>', 'the SHA-256 of the archive of one architecture')
        .argParser(sha256Argument('--sha256'))
        .conflicts('sums'),
    )
    .addOption(
      new Option('--arch <arch>', 'only for this architecture (default: those of the nodes)').choices([
        'amd64',
        'arm64',
      ]),
    )
    .action((version: string, { arch, ...hash }: FetchOptions) =>
      shell.withCoordinator(async (api) => {
        const { architectures, mirror } = await api.releaseFetches();
        const wanted = arch === undefined ? architectures : [arch];
        const hashes = await hashesOf(version, wanted, hash, mirror);
        const views: ReleaseFetchView[] = [];
        for (const [architecture, sha256] of hashes) {
          await api.fetchRelease({ sha256, body: { version, architecture } });
          views.push(await fetched(api, shell, sha256));
        }
        shell.show({ items: views }, ({ items }) => items.map(storedLine).join('\n'));
      }),
    );
}

/** The hash for each wanted architecture, all before anything is fetched. */
async function hashesOf(
  version: string,
  wanted: readonly Architecture[],
  { sha256, sums }: Pick<FetchOptions, 'sha256' | 'sums'>,
  mirror: string,
): Promise<readonly (readonly [Architecture, string])[]> {
  const [first, ...others] = wanted;
  if (first === undefined)
    throw usageError('--arch is missing: no node has joined yet that would say which architecture is needed');
  if (sums !== undefined)
    return Promise.all(wanted.map(async (one) => [one, await hashIn(sums, archiveName(version, one))] as const));
  if (sha256 === undefined) {
    throw usageError(
      `--sums FILE is missing (or --sha256 HEX): the SHA256SUMS of etcd ${version}. Read that file from etcd itself, on a machine that you trust, and not ` +
        `from a mirror: curl -fLO https://github.com/etcd-io/etcd/releases/download/v${version}/SHA256SUMS. The coordinator fetches the archive from ${mirror}`,
    );
  }
  if (others.length > 0)
    throw usageError(
      '--arch is missing: --sha256 is the hash of one archive, and the nodes have several architectures',
    );
  return [[first, sha256]];
}

/** Shows how far the coordinator is, until it has the archive. An interruption ends only the waiting. */
async function fetched(api: Api, shell: Shell, sha256: string): Promise<ReleaseFetchView> {
  let shownBytes = Number.NEGATIVE_INFINITY;
  for (;;) {
    const { items } = await api.releaseFetches();
    const view = items.find((one) => one.sha256 === sha256);
    // The coordinator was restarted, and keeps nothing of an unfinished file.
    if (view === undefined) throw failure('release_fetch_forgotten', { sha256 });
    if (view.error !== null) throw new Refusal(502, view.error);
    if (view.state === 'stored') return view;
    if (view.receivedBytes - shownBytes >= stepBytes || view.receivedBytes < shownBytes) {
      if (!shell.json()) shell.note(progressLine(view));
      shownBytes = view.receivedBytes;
    }
    shell.io.interrupted.throwIfAborted();
    await shell.io.sleep(everyMs);
  }
}

function progressLine({ name, receivedBytes, totalBytes }: ReleaseFetchView): string {
  return `${name}: ${byteSize(receivedBytes)}${totalBytes === null ? '' : ` of ${byteSize(totalBytes)}`}`;
}

function storedLine({ name, sha256 }: ReleaseFetchView): string {
  return `Stored: ${name}, SHA-256 ${sha256}.`;
}

function versionArgument(text: string): string {
  const [, version] = /^v?(\d{1,4}\.\d{1,4}\.\d{1,4}(?:-[0-9A-Za-z.]{1,40})?)$/.exec(text) ?? [];
  if (version === undefined) throw new InvalidArgumentError('It is no version such as 3.5.33.');
  return version;
}
