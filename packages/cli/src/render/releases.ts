import { advisoriesFor, dangerOf } from '@picket/shared/advisories/advisories-for.ts';
import { severities } from '@picket/shared/advisories/advisory.ts';
import { dangerInWords } from '@picket/shared/advisories/in-words.ts';
import type { ListedRelease, ReleaseView } from '@picket/shared/protocol/releases.ts';
import { renderTable } from './table.ts';
import { byteSize, dateTime } from './units.ts';

/** `picket release list` */
export function releaseTable(releases: readonly ListedRelease[]): string {
  if (releases.length === 0) {
    return 'The coordinator has no release of etcd for its nodes. `picket release add FILE --sums SHA256SUMS` adds one.';
  }
  return renderTable(
    ['VERSION', 'ARCH', 'PROGRAMS', 'KNOWN FAULTS', 'USED BY', 'SIZE', 'ADDED', 'FROM', 'SHA256'],
    releases.map((release) => [
      release.version,
      release.architecture,
      namesIn(release),
      faultsIn(release),
      usersIn(release),
      sizeOf(release),
      dateTime(release.addedAt),
      release.name,
      release.sha256,
    ]),
  );
}

/** The clusters that use it, and how many of their members run it. */
function usersIn({ usedBy = [] }: ListedRelease): string | null {
  return usedBy.map(({ cluster, members }) => `${cluster} (${members.length})`).join(', ') || null;
}

/** The release that was just added. */
export function addedRelease(release: ReleaseView): string {
  const { architecture, name, sha256, version } = release;
  const which = version ?? 'of an unknown version';
  return [
    `Stored: ${namesIn(release)} ${which} for ${architecture} (${sizeOf(release)}, from ${name}), SHA-256 ${sha256}.`,
    `An ${architecture} node that has no program to restore with fetches one from it when it founds a restored cluster.`,
    ...(version === null || !hasEtcd(release)
      ? []
      : [
          `To let the members of a cluster run it: \`picket cluster set CLUSTER etcd=release:${version}\`, or from an earlier minor version: \`picket cluster upgrade CLUSTER --to ${version}\``,
        ]),
    ...(version === null ? [] : dangerLine(version)),
  ].join('\n');
}

function dangerLine(version: string): readonly string[] {
  const danger = dangerOf(version);
  return danger === null
    ? []
    : [`etcd ${version}: ${dangerInWords(danger)}. \`picket explain ${danger.advisories[0]?.id}\` says more.`];
}

function hasEtcd({ programs }: ReleaseView): boolean {
  return programs.some(({ name }) => name === 'etcd');
}

function namesIn({ programs }: ReleaseView): string {
  return programs.map(({ name }) => name).join(', ');
}

function sizeOf({ programs }: ReleaseView): string {
  return byteSize(programs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
}

/** How many faults its version has, whatever a cluster does, by severity; null if the version is not known. */
function faultsIn({ version }: ReleaseView): string | null {
  if (version === null) return null;
  const found = advisoriesFor([version], { authentication: null, members: null });
  const counts = severities.flatMap((severity) => {
    const count = found.filter(({ advisory }) => advisory.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  return counts.length === 0 ? 'none' : counts.join(', ');
}
