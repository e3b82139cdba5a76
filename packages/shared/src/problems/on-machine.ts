import type { Happening } from '../events/event.ts';
import type { Reason } from '../reasons/reason.ts';
import { catalogue, type ProblemCode, problemCodes } from './catalogue.ts';
import type { MachineView } from './problem-kind.ts';

const detections = problemCodes.flatMap((code) => {
  const { onMachine } = catalogue[code];
  return onMachine === undefined ? [] : [{ code, ...onMachine }];
});
const told = detections.filter(({ events }) => events !== undefined);
/** The problems of one thing, the worst first. */
const ladders = told.filter(({ code }) => told.every(({ milder }) => milder !== code)).map(ladderFrom);

function ladderFrom(one: (typeof told)[number]): typeof told {
  return [one, ...told.filter(({ code }) => code === one.milder).flatMap(ladderFrom)];
}

/** Since when each problem lasts of which events tell, in milliseconds since the epoch. */
export type Lasting = Readonly<Partial<Record<ProblemCode, number>>>;
export const nothingLasts: Lasting = {};

/** What is to be said of a machine by what its agent reports. */
export interface Said {
  readonly why: Reason;
  /** If the headline says it: the command on the machine that shows more; null if a notice does. */
  readonly look: string | null;
}

/** What is wrong with a machine; nothing with a healthy one. Pure. */
export function saidOfMachine(member: string, view: MachineView, lasting: Lasting): readonly Said[] {
  return detections.flatMap(({ code, lasts, says, look = null }) => {
    const why = lasts(view, code in lasting) ? says(member, view) : null;
    return why === null ? [] : [{ why, look }];
  });
}

/** Whether this report begins nothing on a machine on which nothing lasts. Pure. */
export function beginsNothing(view: MachineView): boolean {
  return told.every(({ lasts }) => !lasts(view, false));
}

/** What lasts after this report, and the events of what has begun or ended. The very same object if nothing has. Pure. */
export function lastingAfter(
  before: Lasting,
  node: { readonly nodeId: string; readonly name: string },
  view: MachineView,
  now: number,
): { readonly lasting: Lasting; readonly events: readonly Happening[] } {
  const codes = told.filter(({ code, lasts }) => lasts(view, code in before)).map(({ code }) => code);
  const isSame = codes.length === Object.keys(before).length && codes.every((code) => code in before);
  if (isSame) return { lasting: before, events: [] };
  const after: Lasting = Object.fromEntries(codes.map((code) => [code, before[code] ?? now]));
  const events = ladders.flatMap((ladder): readonly Happening[] => {
    const [was, is] = [ladder.find(({ code }) => code in before), ladder.find(({ code }) => code in after)];
    if (was === is) return [];
    if (is?.events !== undefined) return [is.events.begins(node, view)];
    const forMs = Math.max(0, now - (was === undefined ? now : (before[was.code] ?? now)));
    return was?.events === undefined ? [] : [was.events.ends({ ...node, forMs }, view)];
  });
  return { lasting: codes.length === 0 ? nothingLasts : after, events };
}
