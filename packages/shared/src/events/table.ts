import { conditionEvents } from './conditions.ts';
import { coordinatorEvents } from './coordinator.ts';
import { identityEvents } from './identity.ts';
import { internalStepEvents } from './internal-steps.ts';
import { orderEvents } from './orders.ts';
import { stepEvents } from './steps.ts';

/**
 * The one table of events. Each kind has a function that makes words of its facts. Events are kept and sent: no secret may be
 * among their facts (R11).
 */
export const eventTable = {
  ...stepEvents,
  ...internalStepEvents,
  ...orderEvents,
  ...identityEvents,
  ...coordinatorEvents,
  ...conditionEvents,
} as const;
