import type { FindingView } from '../protocol/diagnosis.ts';
import type { WithoutMessages } from '../protocol/rendered.ts';
import { causeOf, type Finding } from './diagnose.ts';
import type { Scene } from './rules/evidence.ts';

/** A finding as programs read it, before its reasons get their messages. */
export function findingView(
  { cause, members, proof, effects, next, otherwise, page, countsAs }: Finding,
  { members: known }: Pick<Scene, 'members'>,
): WithoutMessages<FindingView> {
  const on = known.find(({ name }) => name === next?.on);
  return {
    cause: causeOf(cause, members),
    members,
    proof: proof.map(({ reason, about, at, from }) => ({ ...reason, about, at, from })),
    effects,
    next:
      next === null
        ? null
        : { command: next.command, on: on === undefined ? null : { member: on.name, address: on.address } },
    otherwise,
    page: `docs/how-to/${page}`,
    countsAs,
  };
}
