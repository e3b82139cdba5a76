import type { Reason } from '../reasons/reason.ts';
import { catalogue, problemCodes } from './catalogue.ts';
import type { Lasting, Seen } from './lasting.ts';
import type { MachineView } from './problem-kind.ts';

const detections = problemCodes.flatMap((code) => {
  const { onMachine } = catalogue[code];
  return onMachine === undefined ? [] : [{ code, ...onMachine }];
});

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

/** The problems of a machine of which events tell. Pure. */
export function seenOnMachine(
  node: { readonly nodeId: string; readonly name: string },
  view: MachineView,
  lasting: Lasting,
): readonly Seen[] {
  return detections.flatMap(({ code, lasts, events }) =>
    events === undefined
      ? []
      : [
          {
            code,
            lasts: lasts(view, code in lasting),
            begins: () => events.begins(node, view),
            ends: (forMs) => events.ends({ ...node, forMs }, view),
          },
        ],
  );
}

/** Whether this report begins nothing of which events tell. Pure. */
export function beginsNothing(view: MachineView): boolean {
  return detections.every(({ lasts, events }) => events === undefined || !lasts(view, false));
}
