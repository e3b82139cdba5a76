import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Notification } from './words.ts';

/** How long a receiver may take in all. */
export const deliverySeconds = 10;

/** Why a receiver did not take a notification; null if it did. */
export type Failure = Reason | null;

/** A receiver with its address and its secrets, in memory only. */
export interface Channel {
  /** The receiver without path and secrets (R11). */
  readonly target: string;
  /** Never rejects. Ends within {@link deliverySeconds}, or when the signal fires. */
  send(notification: Notification, signal: AbortSignal): Promise<Failure>;
}
