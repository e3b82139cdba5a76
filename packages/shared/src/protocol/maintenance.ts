import { type Static, type TProperties, Type } from 'typebox';
import { Outcome } from './reason.ts';
import { Identifier } from './words.ts';

/**
 * Something to be done to the database of etcd, once: begun within `validForSeconds`, counted as a membership step's
 * are, and waited for until `deadlineSeconds` after that. etcd itself knows no end for it.
 */
export const MaintenanceOrder = Type.Union([
  /** The history of all keys up to now is dropped, on all members; what the keys hold stays. */
  order('compact', {}),
  /**
   * This member's database is written anew without its gaps. It serves nobody meanwhile: this is a permit (R2).
   * `compactFirst`: its history is dropped first, and waited for until it is gone from this very database.
   */
  order('defragment', { compactFirst: Type.Boolean() }),
  /** The alarm NOSPACE is taken back, on all members. No other alarm is. */
  order('disarm', {}),
]);
export type MaintenanceOrder = Static<typeof MaintenanceOrder>;

function order<Kind extends string, Fields extends TProperties>(kind: Kind, fields: Fields) {
  const within = { validForSeconds: Type.Integer(), deadlineSeconds: Type.Integer() };
  return Type.Object({ id: Identifier, kind: Type.Literal(kind), ...fields, ...within });
}

/** How far the last such order of this node has come. */
export const MaintenanceOutcome = Outcome;
export type MaintenanceOutcome = Static<typeof MaintenanceOutcome>;
