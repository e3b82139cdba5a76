import { Type } from 'typebox';
import type { AnyReason } from '../reasons/reason.ts';
import { sizeOf } from '../reasons/within.ts';
import { Identifier, strict } from './words.ts';

/** The largest reason that a node reports, by `sizeOf`. */
export const largestReason = 4000;

/** A reason of the one table, as a node reports it. Another version of the agent may tell codes and facts that are not in it. */
export const ReportedReason = Type.Refine(
  Type.Unsafe<AnyReason>(
    Type.Object(
      { code: Type.String({ pattern: '^[a-z_]{1,64}$' }), facts: Type.Object({}, { additionalProperties: true }) },
      strict,
    ),
  ),
  (reason: AnyReason) => sizeOf(reason) <= largestReason,
);

/** How far something that a node was asked for has come. */
export const Outcome = Type.Object(
  {
    id: Identifier,
    outcome: Type.Union([Type.Literal('begun'), Type.Literal('done'), Type.Literal('failed')]),
    /** null while it is under way. */
    reason: Type.Union([ReportedReason, Type.Null()]),
  },
  strict,
);
