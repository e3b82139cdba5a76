import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
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
export interface Told {
  readonly accepted: Accepted | null;
  /** Of the last answer, and whether that answer was accepted: only then does "unchanged" speak of it. */
  readonly etag: { readonly value: string; readonly accepted: boolean } | null;
  /** Why the coordinator's last word is not followed (R5). */
  readonly refusal: AnyReason | null;
  readonly coordinatorTime: CoordinatorTime | null;
}

/** What the coordinator has told, and what became of it. */
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
  /** `rough`: told by the second, or with the dates of the certificate unchecked. */
  | { readonly kind: 'time'; readonly time: CoordinatorTime; readonly rough: boolean };

/** What the agent talks to its coordinator with. */
export interface TalkDeps {
  readonly host: Host;
  readonly paths: Paths;
  readonly coordinator: Pick<CoordinatorClient, 'desiredState' | 'report'>;
  /** The same one, for a node whose clock is wrong. */
  readonly undated: UndatedCoordinator;
  /** Told of the control CA's bundle with each desired state that is accepted. */
  readonly trustControl: (bundle: string) => Promise<void>;
  readonly buildTime: number;
  /** From 0 to 1, as Math.random gives it. */
  readonly random: () => number;
  readonly failpoint: Failpoint;
  readonly log: Log;
}

export interface Talk {
  readonly deps: TalkDeps;
  readonly journal: JournalStore;
  readonly memory: { readonly current: Told; remember(heard: Heard): void };
}

/** What is remembered of the coordinator after this. */
export function hearing<Memory extends Told>(before: Memory, heard: Heard): Memory {
  const { accepted, etag, coordinatorTime } = before;
  switch (heard.kind) {
    case 'accepted': {
      const { document, requestedAt } = heard;
      return {
        ...before,
        accepted: { document, requestedAt },
        etag: { value: heard.etag, accepted: true },
        refusal: null,
      };
    }
    case 'unchanged':
      // It was still so when this request was sent: a lease that had been taken back would have changed it. The answer
      // speaks of the last document sent, which is not the accepted one if that was refused.
      return accepted !== null && etag?.accepted === true
        ? { ...before, accepted: { ...accepted, requestedAt: heard.requestedAt } }
        : before;
    case 'refused':
      return { ...before, etag: { value: heard.etag, accepted: false }, refusal: heard.why };
    case 'not-kept':
      return { ...before, refusal: heard.why };
    case 'time': {
      const known = coordinatorTime !== null && coordinatorTime.undated !== true;
      return heard.rough && known ? before : { ...before, coordinatorTime: heard.time };
    }
  }
}
