import { type Static, type TProperties, Type } from 'typebox';
import { Outcome } from './reason.ts';
import { Identifier } from './words.ts';

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
]);
export type MaintenanceOrder = Static<typeof MaintenanceOrder>;

function order<Kind extends string, Fields extends TProperties>(kind: Kind, fields: Fields) {
  const within = { validForSeconds: Type.Integer(), deadlineSeconds: Type.Integer() };
  return Type.Object({ id: Identifier, kind: Type.Literal(kind), ...fields, ...within });
}

/** The outcome of the last such order of this node. */
export const MaintenanceOutcome = Outcome;
export type MaintenanceOutcome = Static<typeof MaintenanceOutcome>;
