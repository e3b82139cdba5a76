import { configurationOf } from '../../model/configuration-of.ts';
import { serving, voters } from '../../model/health.ts';
import type { Instant } from '../../model/instant.ts';
import type { Situation } from '../../model/situation.ts';

/** The database of one member, from its last report. */
export interface DatabaseSize {
  readonly member: string;
  readonly receivedAt: Instant;
  readonly bytes: number;
  readonly inUseBytes: number;
  /** Its quota, from the settings that this member has. */
  readonly quotaBytes: number;
  readonly revision: number;
}

/** Of all voters that serve, in the order of the spec. */
export function databaseSizes(situation: Situation): readonly DatabaseSize[] {
  const { spec, progress, status } = situation;
  return voters(situation).flatMap(([name]) => {
    const node = status.nodes[name];
    const etcd = node?.status?.etcd;
    if (!node || node.receivedAt === null || !etcd) return [];
    if (!serving(situation, name).ok) return [];
    const { dbSizeBytes: bytes, dbSizeInUseBytes: inUseBytes, revision } = etcd;
    const quotaBytes = configurationOf(spec, progress, name).tuning.quotaBackendBytes;
    return [{ member: name, receivedAt: node.receivedAt, bytes, inUseBytes, quotaBytes, revision }];
  });
}
