import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { renderTable } from './table.ts';
import { byteSize, dateTime } from './units.ts';

/** `picket release list` */
export function releaseTable(releases: readonly ReleaseView[]): string {
  if (releases.length === 0) {
    return 'The coordinator has no release of etcd for its nodes. `picket release add FILE --sums SHA256SUMS` adds one.';
  }
  return renderTable(
    ['VERSION', 'ARCH', 'PROGRAMS', 'SIZE', 'ADDED', 'FROM', 'SHA256'],
    releases.map((release) => [
      release.version,
      release.architecture,
      namesIn(release),
      sizeOf(release),
      dateTime(release.addedAt),
      release.name,
      release.sha256,
    ]),
  );
}

/** The release that was just added. */
export function addedRelease(release: ReleaseView): string {
  const { architecture, name, sha256, version } = release;
  const which = version ?? 'of an unknown version';
  return [
    `Stored: ${namesIn(release)} ${which} for ${architecture} (${sizeOf(release)}, from ${name}), SHA-256 ${sha256}.`,
    `An ${architecture} node that has no program to restore with fetches one from it when it founds a restored cluster.`,
  ].join('\n');
}

function namesIn({ programs }: ReleaseView): string {
  return programs.map(({ name }) => name).join(', ');
}

function sizeOf({ programs }: ReleaseView): string {
  return byteSize(programs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
}
