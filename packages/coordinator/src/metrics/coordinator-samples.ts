import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseIsoTime } from '@picket/shared/iso-time.ts';
import type { InForce } from '@picket/shared/problems/problem-kind.ts';
import type { Backups } from '../backup/open-backups.ts';
import { placesIn } from '../files/data-dir.ts';
import { freeBytesOf } from '../files/disk-room.ts';
import type { Instant } from '../model/instant.ts';
import { version } from '../model/own-version.ts';
import type { ChannelSeen, Deliveries } from '../notifications/notifier.ts';
import { type Sample, sample } from './families.ts';
import { seconds } from './member-samples.ts';

/** What this process and its data directory say of themselves now; what cannot be read is left out. */
export async function ownFigures(dataDir: string, startedAt: Instant) {
  const { database } = placesIn(dataDir);
  const sizes = await Promise.all([database, `${database}-wal`].map(sizeOf));
  const { user, system } = process.cpuUsage();
  return {
    version,
    startedAt,
    cpuSeconds: (user + system) / 1_000_000,
    residentBytes: process.memoryUsage.rss(),
    /** By the name of the file. */
    storeBytes: Object.fromEntries(sizes.flat()),
    /** null: it cannot be read. */
    freeBytes: await freeBytesOf(dataDir).catch(() => null),
  };
}

/** SQLite's write-ahead log is there only while it is needed. */
async function sizeOf(path: string): Promise<readonly (readonly [name: string, bytes: number])[]> {
  return stat(path).then(
    ({ size }) => [[basename(path), size] as const],
    () => [],
  );
}

/** Of the coordinator itself. Pure. */
export function coordinatorSamples(
  own: Awaited<ReturnType<typeof ownFigures>>,
  clusters: number,
  backups: Pick<Backups, 'lastAt' | 'targets'>,
): readonly Sample[] {
  return [
    sample('picket_build_info', { version: own.version }, 1),
    sample('picket_clusters', {}, clusters),
    ...Object.entries(own.storeBytes).map(([file, bytes]) => sample('picket_store_bytes', { file }, bytes)),
    ...(own.freeBytes === null ? [] : [sample('picket_store_free_bytes', {}, own.freeBytes)]),
    sample('picket_backup_last_timestamp_seconds', {}, seconds(backups.lastAt() ?? 0)),
    ...backups
      .targets()
      .flatMap(({ target, lastAt, failure }) => [
        sample(
          'picket_backup_target_last_timestamp_seconds',
          { target },
          lastAt === null ? 0 : seconds(parseIsoTime(lastAt)),
        ),
        sample('picket_backup_target_failing', { target }, Number(failure !== null)),
      ]),
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

/** Of the channels for notifications. Pure. */
export function notificationSamples(channels: readonly ChannelSeen[], deliveries: readonly Deliveries[]): Sample[] {
  return [
    ...channels.map(({ name: channel, kind, failing }) =>
      sample('picket_notification_channel_failing', { channel, kind }, Number(failing !== null)),
    ),
    ...deliveries.map(({ kind, result, count }) => sample('picket_notifications_total', { kind, result }, count)),
  ];
}
