import { failure } from '@picket/shared/errors.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyBaseLogger } from 'fastify';
import type { ChannelRecord, ChannelState, Inventory } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { attemptBook, type Failing } from './attempts.ts';
import type { Channel, Failure } from './channel.ts';
import { type Sighted, withDebounced } from './debounce.ts';
import { changesAfter } from './flapping.ts';
import { type Moment, messageFor, notifiedAfter } from './message.ts';
import type { Patience } from './watch.ts';
import { type Notification, notificationOf, testNotification } from './words.ts';

export interface OutletDeps {
  readonly channels: Pick<Inventory['channels'], 'keepState'>;
  readonly now: () => Instant;
  readonly monotonic: () => number;
  readonly newId: () => string;
  readonly log: FastifyBaseLogger;
  readonly patience: Patience;
  /** Between two messages of one channel, in milliseconds. */
  readonly gapMs: number;
  /** The address of the coordinator for operators. */
  readonly url: string;
  readonly signal: AbortSignal;
  /** Counts attempts, for the metrics. */
  readonly count: (kind: ChannelRecord['kind'], result: 'delivered' | 'failed') => void;
}

/** A message that nobody took for a day says nothing about now: it is decided again. */
const goodForMs = 24 * 3_600_000;
/** Between two writes of when problems that change often changed last: they cost an SD card no more than that (R18). */
const debouncedEveryMs = 5 * 60_000;

/** One channel: what its receiver knows, what is to be sent, and how the attempts go. It does one thing at a time. */
export class Outlet {
  readonly #deps: OutletDeps;
  readonly #record: ChannelRecord;
  /** null: its settings cannot be decrypted. */
  readonly #channel: Channel | null;
  readonly #book: ReturnType<typeof attemptBook>;
  readonly #everyMs: number;
  #state: ChannelState;
  #busy: Promise<void> | null = null;
  #testing: Promise<Failure> | null = null;
  readonly #removed = new AbortController();
  /** Fires when the channel is removed and when the coordinator stops. */
  readonly #signal: AbortSignal;
  #lastSentAt = Number.NEGATIVE_INFINITY;
  #debouncedKeptAt = Number.NEGATIVE_INFINITY;

  /** @param everySeconds of a ping; null for other kinds */
  constructor(deps: OutletDeps, record: ChannelRecord, channel: Channel | null, everySeconds: number | null) {
    this.#deps = deps;
    this.#record = record;
    this.#channel = channel;
    this.#everyMs = (everySeconds ?? 0) * 1000;
    this.#state = record;
    this.#book = attemptBook(deps);
    this.#signal = AbortSignal.any([deps.signal, this.#removed.signal]);
    if (channel === null) this.#book.record(reason('channel_unreadable'));
  }

  get record(): Omit<ChannelRecord, 'settings'> & {
    readonly everySeconds: number | null;
    readonly failing: Failing | null;
  } {
    const { settings: _secret, ...record } = this.#record;
    const everySeconds = record.kind === 'ping' ? this.#everyMs / 1000 : null;
    return { ...record, ...this.#state, everySeconds, failing: this.#book.failing() };
  }

  /** Begins to send what the receiver does not know, unless it is at it. Returns at once. */
  consider(sighted: Sighted): void {
    if (this.#record.kind === 'ping') return;
    this.#begin(() => this.#deliver(sighted));
  }

  /** Begins a ping if one is due. Returns at once. */
  ping(): void {
    const isDue = this.#deps.monotonic() - this.#lastSentAt >= this.#everyMs;
    if (this.#record.kind !== 'ping' || !isDue) return;
    this.#begin(async () => {
      this.#lastSentAt = this.#deps.monotonic();
      const sent = await this.#send(testNotification('', this.#deps.now(), this.#record.name, this.#deps.url));
      this.#book.record(sent);
      if (sent === null) this.#state = { ...this.#state, deliveredAt: this.#deps.now() };
    });
  }

  /** The channel is removed: ends what is being sent, and stores nothing more, since the next channel may have its name. */
  remove(): void {
    this.#removed.abort();
  }

  /** Throws `notification_failed`. After a success, what waits is sent without a pause. Calls at the same time send one message. */
  async test(): Promise<void> {
    const { now, newId, url } = this.#deps;
    const { name } = this.#record;
    this.#testing ??= this.#send(testNotification(newId(), now(), name, url)).finally(() => {
      this.#testing = null;
    });
    const sent = await this.#testing;
    if (sent !== null) throw failure('notification_failed', { name, reason: sent });
    this.#state = { ...this.#state, deliveredAt: now() };
    this.#book.record(null);
  }

  /** Resolves when it does nothing. */
  async idle(): Promise<void> {
    while (this.#busy !== null) await this.#busy;
  }

  #begin(work: () => Promise<void>): void {
    if (this.#busy !== null || this.#channel === null) return;
    this.#busy = work()
      .catch((error: unknown) => this.#deps.log.error({ err: error, channel: this.#record.name }, 'a channel failed'))
      .finally(() => {
        this.#busy = null;
      });
  }

  async #deliver(sighted: Sighted): Promise<void> {
    const { now, monotonic, newId, gapMs, patience, url } = this.#deps;
    const isExpired = this.#state.waiting !== null && now() - this.#state.waiting.at > goodForMs;
    if (this.#state.waiting === null || isExpired) {
      if (monotonic() - this.#lastSentAt < gapMs) return;
      const moment: Moment = { id: newId(), at: now(), monotonic: monotonic() };
      const waiting = messageFor(this.#state, sighted, this.#record, moment, patience);
      if (waiting === null && !isExpired) return this.#keepDebounced(sighted, moment);
      await this.#keep({ ...this.#state, waiting });
    }
    const { waiting, notified, changes } = this.#state;
    if (waiting === null || !this.#book.isDue()) return;
    const sent = await this.#send(notificationOf(waiting, url, patience.steadyAfterMs));
    // Ended by a stop of the coordinator: the next start sends it.
    if (this.#signal.aborted && sent !== null) return;
    this.#recorded(sent);
    if (sent !== null) return;
    this.#lastSentAt = monotonic();
    await this.#keep({
      notified: notifiedAfter(notified, waiting),
      changes: changesAfter(changes, waiting),
      waiting: null,
      deliveredAt: now(),
    });
  }

  async #keepDebounced(sighted: Sighted, moment: Moment): Promise<void> {
    const { patience } = this.#deps;
    if (moment.monotonic - this.#debouncedKeptAt < debouncedEveryMs) return;
    const notified = withDebounced(this.#state.notified, sighted, moment, patience);
    if (notified === this.#state.notified) return;
    this.#debouncedKeptAt = moment.monotonic;
    await this.#keep({ ...this.#state, notified });
  }

  #recorded(sent: Failure): void {
    const { log } = this.#deps;
    const { name: channel } = this.#record;
    const wasFailing = this.#book.failing() !== null;
    this.#book.record(sent);
    if (sent !== null && !wasFailing)
      log.warn({ channel, why: sent.code }, 'a notification was not delivered; it is repeated');
    if (sent === null && wasFailing) log.info({ channel }, 'notifications are delivered again');
  }

  async #send(notification: Notification): Promise<Failure> {
    if (this.#channel === null) return reason('channel_unreadable');
    const sent = await this.#channel.send(notification, this.#signal);
    this.#deps.count(this.#record.kind, sent === null ? 'delivered' : 'failed');
    return sent;
  }

  /** A disk that is full is a problem that must be sent, so a failure to store stops nothing: it may be sent twice. */
  async #keep(state: ChannelState): Promise<void> {
    if (this.#removed.signal.aborted) return;
    this.#state = state;
    await this.#deps.channels
      .keepState(this.#record.name, state)
      .catch((error: unknown) =>
        this.#deps.log.warn({ err: error, channel: this.#record.name }, 'the state of a channel was not stored'),
      );
  }
}
