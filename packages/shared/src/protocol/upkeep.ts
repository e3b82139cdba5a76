import { type Static, Type } from 'typebox';
import { Identifier, Sentence, strict } from './words.ts';

/**
 * Something to be done to the database of etcd, once: begun within `validForSeconds`, counted as a membership step's
 * are, and waited for until `deadlineSeconds` after that. etcd itself knows no end for it.
 */
export const UpkeepOrder = Type.Union([
  /** The history of all keys up to now is dropped, on all members; what the keys hold stays. */
  Type.Object({
    id: Identifier,
    kind: Type.Literal('compact'),
    validForSeconds: Type.Integer(),
    deadlineSeconds: Type.Integer(),
  }),
  /** This member's database is written anew without its gaps. It serves nobody meanwhile: this is a permit (R2). */
  Type.Object({
    id: Identifier,
    kind: Type.Literal('defragment'),
    /** Whether its history is to be dropped first, and is waited for until it is gone from this very database. */
    compactFirst: Type.Boolean(),
    validForSeconds: Type.Integer(),
    deadlineSeconds: Type.Integer(),
  }),
  /** The alarm NOSPACE is taken back, on all members. No other alarm is. */
  Type.Object({
    id: Identifier,
    kind: Type.Literal('disarm'),
    validForSeconds: Type.Integer(),
    deadlineSeconds: Type.Integer(),
  }),
]);
export type UpkeepOrder = Static<typeof UpkeepOrder>;

/** How far the last such order of this node has come. */
export const UpkeepOutcome = Type.Object(
  {
    id: Identifier,
    outcome: Type.Union([Type.Literal('begun'), Type.Literal('done'), Type.Literal('failed')]),
    reason: Sentence,
  },
  strict,
);
export type UpkeepOutcome = Static<typeof UpkeepOutcome>;
