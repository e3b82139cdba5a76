import type { FindingView } from '../protocol/diagnosis.ts';
import type { Told } from '../protocol/told.ts';
import type { AnyReason } from '../reasons/reason.ts';
import { causeOf, type Finding } from './diagnose.ts';
import type { Scene } from './rules/evidence.ts';

/** A finding as programs read it. `tell` makes the words; only an edge has it. */
export function findingView(
  { cause, members, proof, effects, next, otherwise, page, isOver }: Finding,
  { members: known }: Pick<Scene, 'members'>,
  tell: (reason: AnyReason) => Told,
): FindingView {
  const on = known.find(({ name }) => name === next?.on);
  return {
    cause: tell(causeOf(cause, members)),
    members: [...members],
    proof: proof.map(({ reason, about, at, from }) => ({ ...tell(reason), about, at, from })),
    effects: effects.map(tell),
    next:
      next === null
        ? null
        : { command: next.command, on: on === undefined ? null : { member: on.name, address: on.address } },
    otherwise: otherwise.map(tell),
    page: `docs/how-to/${page}`,
    isOver,
  };
}
