import type { EventFacts, Happening } from '@picket/shared/events/event.ts';
import type { Step } from './progress.ts';

type FactsOf<Kind extends Step['kind']> = Omit<Extract<Step, { readonly kind: Kind }>, 'kind'>;
type Unfit = { [Kind in Step['kind']]: FactsOf<Kind> extends EventFacts<Kind> ? never : Kind }[Step['kind']];

/**
 * The event of a taken step, with all its facts. The compiler refuses a step that lacks what the words of its event
 * need.
 */
export function stepEvent(step: [Unfit] extends [never] ? Step : Unfit): Happening {
  const { kind, ...facts } = step;
  return { kind, facts } as Happening;
}
