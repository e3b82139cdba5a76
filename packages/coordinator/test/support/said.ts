export { said } from '../../../../test/support/said.ts';

import { type ErrorCode, PicketError } from '@picket/shared/errors.ts';
import type { Rendered } from '@picket/shared/protocol/rendered.ts';
import type { ErrorFacts } from '@picket/shared/reasons/error-words.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';

/** The reasons of an API answer, without their messages. */
export function reasonsOf(told: readonly Rendered[]): readonly AnyReason[] {
  return told.map(({ code, facts }) => ({ code, facts }));
}

/** An error in an API answer, with some of its facts. Reasons among them are in words there. */
export function wireRefusal(code: ErrorCode, facts?: ErrorFacts) {
  return facts === undefined ? { code } : { code, details: new PicketError(code, facts).details };
}
