import { nothing, type Operation } from './operation.ts';

/** Takes every step that is due: upon each report, and by a timer for what time alone makes due. */
export const advance: Operation = { decide: () => nothing };

/** What nodes should have may differ from what they were told: all of it is made and compared again. */
export const publishAgain: Operation = { decide: () => ({ tellsLater: true, result: undefined }) };

/** A node was taken up again: it gets its first desired state. */
export const nodeReadopted: Operation = {
  decide: () => ({ also: [{ kind: 'nodes-changed' }], tellsLater: true, result: undefined }),
};
