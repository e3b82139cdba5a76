import { isDeepStrictEqual } from 'node:util';
import { type Architecture, architectureOf, type ProgramOrder } from '@picket/shared/protocol/releases.ts';
import type { ClusterRecord, StateNode } from '../inventory/inventory.ts';
import { configurationOf } from '../model/configuration-of.ts';
import type { GivenEtcds } from '../model/configuration-progress.ts';
import { wantedVersions } from './release-uses.ts';

export type ProgramsFor = (architecture: Architecture | null, version: string) => ProgramOrder['programs'];

/** An etcd that a cluster was given. */
export interface Given {
  readonly cluster: string;
  readonly sha256: string;
}

/**
 * The record with the etcds that its members are given from now on. What is recorded of a version stays for as long as the cluster
 * wants that version, also if the store loses it (R6). Pure.
 */
export function withGivenEtcds(
  record: ClusterRecord,
  nodes: readonly StateNode[],
  programsFor: ProgramsFor,
): ClusterRecord {
  const { spec, progress } = record;
  const { given: before } = progress.configuration;
  const wanted = wantedVersions(spec, progress);
  const given: Record<string, Partial<Record<Architecture, string>>> = {};
  for (const [version, etcds] of Object.entries(before)) if (wanted.has(version)) given[version] = { ...etcds };
  for (const node of nodes) {
    if (node.kind !== 'member' || node.evictedAt !== null) continue;
    const version = configurationOf(spec, progress, node.member).etcd?.version;
    const architecture = architectureOf(node.facts.arch);
    if (version === undefined || architecture === null) continue;
    const sha256 = etcdOf(programsFor(architecture, version));
    if (sha256 !== undefined) given[version] = { [architecture]: sha256, ...given[version] };
  }
  if (isDeepStrictEqual(given, before)) return record;
  return { ...record, progress: { ...progress, configuration: { ...progress.configuration, given } } };
}

/** The programs of the store, unless members were given another etcd as this version. Pure. */
export function programsAsGiven(
  programs: ProgramOrder['programs'],
  given: GivenEtcds,
  architecture: Architecture | null,
  version: string,
): ProgramOrder['programs'] {
  const first = architecture === null ? undefined : given[version]?.[architecture];
  return first === undefined || etcdOf(programs) === first ? programs : null;
}

/** Which cluster was given an etcd as this version, and which one; null if none was. Pure. */
export function givenTo(
  clusters: readonly Pick<ClusterRecord, 'spec' | 'progress'>[],
  architecture: Architecture,
  version: string,
): Given | null {
  for (const { spec, progress } of clusters) {
    const sha256 = progress.configuration.given[version]?.[architecture];
    if (sha256 !== undefined && progress.deletion?.freed !== true) return { cluster: spec.name, sha256 };
  }
  return null;
}

function etcdOf(programs: ProgramOrder['programs']): string | undefined {
  return programs?.find(({ name }) => name === 'etcd')?.sha256;
}
