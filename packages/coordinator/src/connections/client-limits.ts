import type { TurnLimits } from './client-turns.ts';
import type { ConnectionLimits } from './connection-book.ts';
import type { KnownAddressLimits } from './known-addresses.ts';
import type { StreamLimits } from './stream-places.ts';
import type { UnreadLimits } from './unread-answers.ts';

/** What clients can take of the coordinator at the same time (R18). */
export type ClientLimits = ConnectionLimits & KnownAddressLimits & StreamLimits & TurnLimits & UnreadLimits;
