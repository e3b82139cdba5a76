import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Step } from './progress.ts';

/** The next step, or none; and what is awaited. */
export interface Decision {
  readonly step: Step | null;
  readonly waits: readonly Reason[];
}

/** A concern's result: a step, or what it waits for. `blocks` keeps the concerns after it from acting. */
export interface Opinion extends Decision {
  readonly blocks: boolean;
}

/** This concern does nothing and waits for nothing. */
export const agreed: Opinion = { step: null, waits: [], blocks: false };

/** Take this step; no later concern acts. */
export function act(step: Step): Opinion {
  return { step, waits: [], blocks: true };
}

/** Wait for this; no later concern acts. */
export function waitFor(...waits: readonly Reason[]): Opinion {
  return { step: null, waits, blocks: true };
}

/** Report this, and let the later concerns act. */
export function remark(...waits: readonly Reason[]): Opinion {
  return { step: null, waits, blocks: false };
}
