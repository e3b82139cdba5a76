import type { BackupCopy } from '@picket/shared/protocol/backup-copies.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { LogOrder } from '@picket/shared/protocol/logs.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { Host } from '../host/host.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { CoordinatorTime } from '../model/clock-doubt.ts';
import type { Accepted, Paths } from '../model/model.ts';
import type { Failpoint } from '../program/failpoints.ts';
import type { Log } from '../program/log.ts';
import type { CoordinatorClient } from './client.ts';
import type { UndatedCoordinator } from './undated.ts';

/** What the agent remembers of its coordinator. */
export interface CoordinatorMemory {
  readonly accepted: Accepted | null;
  /**
   * The ETag of the last answer, and whether that answer was accepted: only then does "unchanged" refer to the accepted
   * state.
   */
  readonly etag: { readonly value: string; readonly accepted: boolean } | null;
  /** Why the node refuses the coordinator's last answer (R5). */
  readonly refusal: AnyReason | null;
  readonly coordinatorTime: CoordinatorTime | null;
  /** The coordinator refuses this node because it was evicted. */
  readonly evicted: boolean;
}

/** An answer of the coordinator, and its effect. */
export type Heard =
  | {
      readonly kind: 'accepted';
      readonly document: DesiredState;
      readonly etag: string;
      /** Monotonic milliseconds at which the request was sent. */
      readonly requestedAt: number;
    }
  | { readonly kind: 'unchanged'; readonly requestedAt: number }
  | { readonly kind: 'refused'; readonly etag: string; readonly why: AnyReason }
  | { readonly kind: 'not-kept'; readonly why: AnyReason }
  | { readonly kind: 'evicted' }
  /** `rough`: only to the second, or with the dates of the certificate unchecked. */
  | { readonly kind: 'time'; readonly time: CoordinatorTime; readonly rough: boolean };

/** What the agent needs to talk to its coordinator. */
export interface TalkDeps {
  readonly host: Host;
  readonly paths: Paths;
  readonly coordinator: Pick<CoordinatorClient, 'desiredState' | 'report'>;
  /** The same coordinator, for a node whose clock is wrong. */
  readonly undated: UndatedCoordinator;
  /** Called with the control CA's bundle of each accepted desired state. */
  readonly trustControl: (bundle: string) => Promise<void>;
  /** Begins to read a log that an operator waits for, and does not wait. Left out where no order comes. */
  readonly beginLog?: (order: LogOrder) => void;
  /** Begins to fetch a copy of a backup of the coordinator, and does not wait. */
  readonly keepBackupCopy?: (copy: BackupCopy) => void;
  readonly buildTime: number;
  /** From 0 to 1, as Math.random gives it. */
  readonly random: () => number;
  readonly failpoint: Failpoint;
  readonly log: Log;
}

export interface Talk {
  readonly deps: TalkDeps;
  readonly journal: JournalStore;
  readonly memory: { readonly current: CoordinatorMemory; remember(heard: Heard): void };
}

/** What is remembered of the coordinator after this answer. */
export function hearing<Memory extends CoordinatorMemory>(before: Memory, heard: Heard): Memory {
  const { accepted, etag, coordinatorTime } = before;
  switch (heard.kind) {
    case 'accepted': {
      const { document, requestedAt } = heard;
      return {
        ...before,
        accepted: { document, requestedAt },
        etag: { value: heard.etag, accepted: true },
        refusal: null,
        // A coordinator that was restored from a backup may not know of the eviction.
        evicted: false,
      };
    }
    case 'unchanged':
      // The state was still the same when this request was sent: taking back a lease would have changed it. "Unchanged"
      // refers to the last document sent. If that document was refused, it is not the accepted one.
      return accepted !== null && etag?.accepted === true
        ? { ...before, accepted: { ...accepted, requestedAt: heard.requestedAt } }
        : before;
    case 'refused':
      return { ...before, etag: { value: heard.etag, accepted: false }, refusal: heard.why };
    case 'not-kept':
      return { ...before, refusal: heard.why };
    case 'evicted':
      return { ...before, evicted: true };
    case 'time': {
      const known = coordinatorTime !== null && coordinatorTime.undated !== true;
      return heard.rough && known ? before : { ...before, coordinatorTime: heard.time };
    }
  }
}
