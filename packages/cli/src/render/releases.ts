import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { renderTable } from './table.ts';
import { byteSize, dateTime } from './units.ts';

/** `picket release list` */
export function releaseTable(releases: readonly ReleaseView[]): string {
  if (releases.length === 0) {
    return 'The coordinator has no etcdutl for its nodes. `picket release add FILE --sha256 HEX` adds one.';
  }
  return renderTable(
    ['ARCH', 'VERSION', 'SIZE', 'ADDED', 'FROM', 'SHA256'],
    releases.map(({ architecture, version, sizeBytes, addedAt, file, sha256 }) => [
      architecture,
      version,
      byteSize(sizeBytes),
      dateTime(addedAt),
      file.name,
      sha256,
    ]),
  );
}

/** The program that was just added. */
export function addedRelease({ program, architecture, version, sizeBytes, file, sha256 }: ReleaseView): string {
  const which = version ?? 'of an unknown version';
  return [
    `${program ?? 'etcdutl'} ${which} for ${architecture} is stored (${byteSize(sizeBytes)}, from ${file.name}): SHA-256 ${sha256}.`,
    `An ${architecture} node without its own etcdutl fetches it when it founds a restored cluster.`,
  ].join('\n');
}
