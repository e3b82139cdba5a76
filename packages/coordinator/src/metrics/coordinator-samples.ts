import type { InForce } from '@picket/shared/problems/problem-kind.ts';
import type { Instant } from '../model/instant.ts';
import { type Sample, sample } from './families.ts';
import { seconds } from './member-samples.ts';

/** What the process and its disk say of themselves. */
export interface OwnFigures {
  readonly version: string;
  readonly startedAt: Instant;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** By the name of the file. */
  readonly storeBytes: Readonly<Record<string, number>>;
  /** null: it cannot be read. */
  readonly freeBytes: number | null;
}

/** Of the coordinator itself. Pure. */
export function coordinatorSamples(own: OwnFigures, clusters: number, lastBackupAt: Instant | null): readonly Sample[] {
  return [
    sample('picket_build_info', { version: own.version }, 1),
    sample('picket_clusters', {}, clusters),
    ...Object.entries(own.storeBytes).map(([file, bytes]) => sample('picket_store_bytes', { file }, bytes)),
    ...(own.freeBytes === null ? [] : [sample('picket_store_free_bytes', {}, own.freeBytes)]),
    sample('picket_backup_last_timestamp_seconds', {}, seconds(lastBackupAt ?? 0)),
    sample('process_start_time_seconds', {}, seconds(own.startedAt)),
    sample('process_cpu_seconds_total', {}, own.cpuSeconds),
    sample('process_resident_memory_bytes', {}, own.residentBytes),
  ];
}

/** The ends of certificates. Of several of one holder and purpose, the one that lasts longest counts. Pure. */
export function certificateSamples(inForce: readonly InForce[]): readonly Sample[] {
  const longest = new Map<string, InForce>();
  for (const one of inForce) {
    const key = JSON.stringify([one.cluster, one.holder, one.purpose]);
    const before = longest.get(key);
    if (before === undefined || before.until < one.until) longest.set(key, one);
  }
  return [...longest.values()].flatMap(({ cluster, holder, purpose, until, renewalDue }) => {
    const labels = { cluster: cluster ?? '', holder, purpose };
    const end = sample('picket_certificate_expiry_timestamp_seconds', labels, seconds(until));
    return renewalDue === null
      ? [end]
      : [end, sample('picket_certificate_renewal_timestamp_seconds', labels, seconds(renewalDue))];
  });
}
