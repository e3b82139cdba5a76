import type { Static, TProperties } from 'typebox';
import * as Type from 'typebox';
import { Count, EtcdId, EtcdMinor, Identifier, strict } from './primitives.ts';
import { Outcome } from './reason.ts';
import { orNull } from './unions.ts';

/**
 * An order for the database of etcd, to be carried out once. The agent starts it within `validForSeconds`, counted as for a
 * membership step, and waits for its end for at most `deadlineSeconds` after that. etcd itself has no deadline for it.
 */
export const MaintenanceOrder = Type.Union([
  /** Drop the history of all keys, on all members. The present values stay. */
  order('compact', {}),
  /**
   * Defragment this member's database. It does not serve during that, so this is a permit (R2).
   * `compactFirst`: drop the history first, and wait until this database has applied that.
   */
  order('defragment', { compactFirst: Type.Boolean() }),
  /** Disarm the alarm NOSPACE on all members, and no other alarm. */
  order('disarm', {}),
  /** Hash this member's keys up to `revision`: etcd's HashKV. */
  order('hash', { revision: Count }),
  /** Disarm the alarm CORRUPT on all members, and no other alarm. */
  order('disarm-corrupt', {}),
  /**
   * Give Picket its etcd user and switch etcd's authentication on. Not if one of `clients`, the common names of client
   * certificates, has no etcd user with a role.
   */
  order('enable-authentication', { clients: Type.Array(Type.String({ maxLength: 64 })) }),
  /** Switch etcd's authentication off. The users and roles stay. */
  order('disable-authentication', {}),
  /**
   * Only for the founder of a cluster that begins from an imported snapshot: give Picket its etcd user, as etcd's user root, with a
   * certificate that the node requests for this order.
   */
  order('admit-picket', {}),
  /** Hand the leadership over to the voter with this ID. Only the leader can do that. */
  order('move-leader', { to: EtcdId }),
  /** Let etcd lower its cluster version to this minor version, for a downgrade of its members; null: end that. */
  order('downgrade', { to: orNull(EtcdMinor) }),
]);
export type MaintenanceOrder = Static<typeof MaintenanceOrder>;

function order<Kind extends string, Fields extends TProperties>(kind: Kind, fields: Fields) {
  const within = { validForSeconds: Type.Integer(), deadlineSeconds: Type.Integer() };
  return Type.Object({ id: Identifier, kind: Type.Literal(kind), ...fields, ...within });
}

/**
 * etcd's hash of a member's keys at a revision. Two hashes can be compared only at the same revision and after the same
 * compaction: a compaction drops keys.
 */
export const KeysHash = Type.Object(
  {
    hash: Type.String({ pattern: '^[0-9a-f]{8}$' }),
    revision: Count,
    /** -1 before the first compaction. */
    compactRevision: Type.Integer({ minimum: -1 }),
  },
  strict,
);
export type KeysHash = Static<typeof KeysHash>;

/** The outcome of the last such order of this node. `hash`: of an order for a hash that is done. */
export const MaintenanceOutcome = Type.Object({ ...Outcome.properties, hash: Type.Optional(KeysHash) }, strict);
export type MaintenanceOutcome = Static<typeof MaintenanceOutcome>;
