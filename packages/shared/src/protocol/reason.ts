import * as Type from 'typebox';
import type { AnyReason } from '../reasons/reason.ts';
import { sizeOf } from '../reasons/within.ts';
import { Identifier, strict } from './primitives.ts';
import { oneOf, orNull } from './unions.ts';

/** The largest reason that a node reports, by `sizeOf`. */
export const largestReason = 4000;

/** A reason of the table, as a node reports it. An agent of another version may send codes and facts that are not in the table. */
export const ReportedReason = Type.Refine(
  Type.Unsafe<AnyReason>(
    Type.Object(
      { code: Type.String({ pattern: '^[a-z_]{1,64}$' }), facts: Type.Object({}, { additionalProperties: true }) },
      strict,
    ),
  ),
  (reason: AnyReason) => sizeOf(reason) <= largestReason,
);

/** The outcome of an order to a node. */
export const Outcome = Type.Object(
  {
    id: Identifier,
    outcome: oneOf('begun', 'done', 'failed'),
    /** null while it is in progress. */
    reason: orNull(ReportedReason),
  },
  strict,
);
