import { nothing, type Operation } from './operation.ts';

/** Takes every step that is due: after each report, and by a timer for what is due by time alone. */
export const advance: Operation = { decide: () => nothing };

/** Desired states may differ from the published ones: all are made and compared again. */
export const publishAgain: Operation = { decide: () => ({ publishesLater: true, result: undefined }) };

/** A node was re-adopted: it gets its first desired state. */
export const nodeReadopted: Operation = {
  decide: () => ({ also: [{ kind: 'nodes-changed' }], publishesLater: true, result: undefined }),
};
