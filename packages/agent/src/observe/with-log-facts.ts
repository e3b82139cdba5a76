import { readRunningLog } from '@picket/shared/etcd-log/read-log.ts';
import { longestLogLine } from '@picket/shared/protocol/logs.ts';
import { logWithoutSecrets } from '@picket/shared/secrets.ts';
import type { Host } from '../host/host.ts';
import type { Ailing } from '../model/model.ts';

/** A start takes less, in milliseconds, also on a slow card: etcd reads its data, and a cluster elects. */
const startMs = 20_000;
/** How often the log is read, in milliseconds: 64 KiB of it, and on systemd with journalctl. */
const readEveryMs = 20_000;
/** etcd writes some lines a second while a peer is down. */
const mostLines = 400;

/**
 * With what its log shows, if etcd has not served for longer than a start takes. It reads the end of the log, and only now and then.
 * An unreadable log shows nothing.
 */
export async function withLogFacts(
  ailing: Ailing | null,
  { clock, init }: Pick<Host, 'clock' | 'init'>,
): Promise<Ailing | null> {
  const readAt = clock.monotonic();
  if (ailing === null || readAt - ailing.since < startMs) return ailing;
  if (ailing.readAt !== null && readAt - ailing.readAt < readEveryMs) return ailing;
  const lines = await init.lastLog(mostLines).catch(() => []);
  const facts = readRunningLog(logWithoutSecrets(lines, longestLogLine), ailing.facts, clock.now());
  return { ...ailing, readAt, facts };
}
