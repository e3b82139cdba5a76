import { failure, type PicketError } from '../errors.ts';
import { plain } from '../plain.ts';
import type { Rendered } from '../protocol/rendered.ts';
import { nextStep } from '../reasons/next-step.ts';
import type { Place } from '../reasons/next-steps.ts';

/** What a command says while a granted hold has not begun. */
export const checksVoters = 'The agent of the member checks every other voter. This can take up to 120 s …';

/** The error of a command whose hold ended before it began. `over`: why, if the coordinator still knows. */
export function notBegun(
  { cluster, member, place }: { readonly cluster: string; readonly member: string; readonly place: Place },
  over: Rendered | undefined,
): PicketError {
  const cause = over ?? { code: 'hold_not_taken', facts: {}, message: 'it has ended' };
  const advice = nextStep(cause, { cluster: plain(cluster), place });
  return failure('hold_not_begun', {
    cluster: plain(cluster),
    member: plain(member),
    reason: plain(cause.message),
    advice,
  });
}
