import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Timestamp } from './primitives.ts';
import { orNull } from './unions.ts';

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const number = Type.Integer({ minimum: 1 });
const Facts = Type.Unsafe<Readonly<Record<string, unknown>>>(Type.Object({}, { additionalProperties: true }));

/**
 * The newest entry of an audit log. Whoever keeps it elsewhere can prove later that no entry up to it was changed or
 * removed.
 */
export const AuditHead = Type.Object({ number, hash: Hash });
export type AuditHead = Static<typeof AuditHead>;

/** An entry of the audit log. Its hash covers all other fields, those of a later version too. */
export const AuditEntry = Type.Object({
  /** Counts from 1, without a gap. */
  number,
  at: Timestamp,
  /**
   * `request`: stored before a route acts. `result`: its outcome, stored before the answer. `refusals`: requests that
   * were refused because of who sent them or how many they were, counted. `join`: a machine took the place of another by a
   * join token. `login`: an operator got a certificate by a login string. `command`: a command on the coordinator's machine.
   * `removal`: the oldest entries were removed.
   */
  kind: Type.String(),
  /** `operator NAME`, `node ID`, `join token ID`, `a stranger`, `this machine` (a command) or `this coordinator`. */
  by: Type.String(),
  /** Of an operator, at that time. */
  role: orNull(Type.String()),
  /** The serial number of the client certificate. */
  serial: orNull(Type.String()),
  /** The address that the request came from. */
  from: orNull(Type.String()),
  /** Method and route, or the command. */
  action: Type.String(),
  /** What it was done to, such as `cluster x-k3s`. */
  object: orNull(Type.String()),
  /** What the request asked for, as far as it says more than action and object. */
  asked: orNull(Facts),
  /** Of a result: the number of its request. */
  request: orNull(number),
  /** `done`, or the code of the error; null for a request. */
  outcome: orNull(Type.String()),
  /** How many refusals this entry stands for. */
  count: orNull(Type.Integer({ minimum: 1 })),
  /** What was changed: the fields that differ, as they were. */
  before: orNull(Facts),
  /** The same fields, as they are now. */
  after: orNull(Facts),
  /** The hash of the entry before it; zeros for the first one. */
  previous: Hash,
  hash: Hash,
});
export type AuditEntry = Static<typeof AuditEntry>;
