import { failure } from '@picket/shared/errors.ts';
import { type ChannelCreate, type ChannelSettings, mostChannels } from '@picket/shared/protocol/notifications.ts';
import type { SecretBox } from '../authority/secret-box.ts';
import type { ChannelRecord, Inventory } from '../inventory/inventory.ts';
import { longestSilence } from '../model/waits.ts';
import { channelOf, settingsProblem } from './channel-settings.ts';
import { steadyAfterMs } from './flapping.ts';
import { Outlet, type OutletDeps } from './outlet.ts';
import type { Seen } from './problem.ts';
import { type Watch, watchAfter } from './watch.ts';

export interface NotifierDeps extends Pick<OutletDeps, 'now' | 'monotonic' | 'newId' | 'log' | 'url'> {
  readonly channels: Inventory['channels'];
  readonly box: SecretBox;
  readonly look: () => Promise<Seen>;
  /** Of the times of the rules, no more than this. */
  readonly longestSettleMs: number;
}

/** A channel as operators see it, before reasons become words. */
export type ChannelSeen = Outlet['record'];

/** How often a kind of channel was used since the start. */
export interface Deliveries {
  readonly kind: ChannelRecord['kind'];
  readonly result: 'delivered' | 'failed';
  readonly count: number;
}

export type Notifier = Awaited<ReturnType<typeof openNotifier>>;

const lookEveryMs = 10_000;
const gapMs = 60_000;
const overAfterMs = 60_000;

/**
 * Opens the channels of the store. It sends notifications beside everything else: nobody waits for a receiver, and no receiver for
 * another.
 */
export async function openNotifier(deps: NotifierDeps) {
  const { channels, box, now, monotonic, log, longestSettleMs } = deps;
  const closing = new AbortController();
  const counts = new Map<string, Deliveries>();
  const outletDeps: OutletDeps = {
    ...deps,
    patience: {
      longestSettleMs,
      overAfterMs: Math.min(overAfterMs, longestSettleMs),
      steadyAfterMs: Math.min(steadyAfterMs, longestSettleMs),
      listensForMs: Math.min(longestSilence, longestSettleMs),
    },
    gapMs: Math.min(gapMs, longestSettleMs),
    signal: closing.signal,
    count(kind, result) {
      const key = `${kind} ${result}`;
      counts.set(key, { kind, result, count: (counts.get(key)?.count ?? 0) + 1 });
    },
  };
  const outlets = new Map<string, Outlet>();
  for (const record of await channels.all()) outlets.set(record.name, opened(record));
  let watch: Watch = new Map();
  /** The clusters that could not be judged at the last look: each is logged once, not every 10 s. */
  let unjudged: ReadonlySet<string> = new Set();
  let looking: Promise<void> | null = null;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let beganAt: number | null = null;

  function opened(record: ChannelRecord): Outlet {
    const text = box.open(record.settings, purposeOf(record));
    if (text === null) {
      log.error({ channel: record.name }, 'the settings of a channel cannot be decrypted');
      return new Outlet(outletDeps, record, null, null);
    }
    const settings = JSON.parse(text) as ChannelSettings;
    const everySeconds = settings.kind === 'ping' ? settings.everySeconds : null;
    return new Outlet(outletDeps, record, channelOf(settings, now), everySeconds);
  }

  function find(name: string): Outlet {
    const outlet = outlets.get(name);
    if (outlet === undefined) throw failure('not_found', { what: 'channel', name });
    return outlet;
  }

  async function look(): Promise<void> {
    const listening = [...outlets.values()].filter(({ record }) => record.kind !== 'ping');
    if (listening.length === 0) {
      watch = new Map();
      beganAt = null;
      return;
    }
    const seen = await deps.look();
    for (const { cluster, error } of seen.failures)
      if (!unjudged.has(cluster)) log.error({ err: error, cluster }, 'the problems of a cluster cannot be judged');
    unjudged = new Set(seen.failures.map(({ cluster }) => cluster));
    const moment = { monotonic: monotonic(), now: now() };
    beganAt ??= moment.monotonic;
    watch = watchAfter(watch, seen, moment, outletDeps.patience);
    const sighted = { watch, sightOf: seen.sightOf, watchedForMs: moment.monotonic - beganAt };
    for (const outlet of listening) outlet.consider(sighted);
  }

  async function idle(): Promise<void> {
    while (looking !== null) await looking;
    await Promise.all([...outlets.values()].map((outlet) => outlet.idle()));
  }

  return {
    list: (): readonly ChannelSeen[] => [...outlets.values()].map(({ record }) => record),
    /** Throws `channel_exists`, `channel_invalid`, `channel_limit`. */
    async add({ name, settings, clusters, severity = 'warning' }: ChannelCreate, by: string) {
      const problem = settingsProblem(settings);
      if (problem !== null) throw failure('channel_invalid', { name, problem });
      if (outlets.has(name)) throw failure('channel_exists', { name });
      if (outlets.size >= mostChannels) throw failure('channel_limit', { most: mostChannels });
      const { kind } = settings;
      const { target } = channelOf(settings, now);
      const record: ChannelRecord = {
        name,
        kind,
        target,
        settings: box.close(JSON.stringify(settings), purposeOf({ name })),
        clusters: clusters === undefined ? null : [...new Set(clusters)].sort(),
        severity,
        createdAt: now(),
        createdBy: by,
        notified: [],
        changes: [],
        waiting: null,
        deliveredAt: null,
      };
      // Before it is stored, so that requests at one time cannot add more than the limit.
      const outlet = opened(record);
      outlets.set(name, outlet);
      try {
        await channels.create(record);
      } catch (error) {
        outlets.delete(name);
        throw error;
      }
      return outlet.record;
    },
    /** Throws `not_found`. */
    async remove(name: string) {
      const outlet = find(name);
      await channels.remove(name);
      outlet.remove();
      outlets.delete(name);
      return outlet.record;
    },
    /** Throws `not_found`, `notification_failed`. */
    async test(name: string) {
      const outlet = find(name);
      await outlet.test();
      return outlet.record;
    },
    /**
     * Begins what is due, and returns at once.
     *
     * @param isWorking whether all parts of the coordinator do their work: pings are for that alone
     */
    tick(isWorking: boolean): void {
      if (closing.signal.aborted) return;
      if (isWorking) for (const outlet of outlets.values()) outlet.ping();
      if (looking !== null || monotonic() - lookedAt < Math.min(lookEveryMs, longestSettleMs)) return;
      lookedAt = monotonic();
      looking = look()
        .catch((error: unknown) => log.error({ err: error }, 'notifications could not be decided'))
        .finally(() => {
          looking = null;
        });
    },
    deliveries: (): readonly Deliveries[] => [...counts.values()],
    /** Resolves when nothing is being sent. */
    idle,
    /** Ends what is being sent: it is sent after the next start. */
    async close() {
      closing.abort();
      await idle();
    },
  };
}

/** The settings of one channel do not open as those of another. */
function purposeOf({ name }: Pick<ChannelRecord, 'name'>): string {
  return `settings of the channel ${name}`;
}
