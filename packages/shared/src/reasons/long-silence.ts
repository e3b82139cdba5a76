import { type AnyReason, factOf } from './reason.ts';

/**
 * In seconds. A silence of less does not suggest that a machine is lost: it may be rebooting, or have its disk checked. Before that,
 * nobody is asked whether its data is to be given up (R19).
 */
export const longSilence = 600;

/**
 * What to do with a node of which no more is heard for this reason, in parentheses: switch it on, or give up its data if it has been
 * silent for long; empty if there is nothing to do yet.
 */
export function wayOfTheSilent(why: AnyReason, nodeId: string | null): string {
  const { code } = why;
  const seconds = factOf(why, 'seconds');
  const isLong = typeof seconds === 'number' && seconds >= longSilence;
  if (code === 'machine_stopped' && !isLong) return ' (switch it on)';
  const mayBeLost = ['silent', 'agent_stopped', 'machine_stopped'].includes(code) && isLong;
  return mayBeLost && nodeId !== null ? ` (if it is lost, give up its data: picket node evict ${nodeId} --lost)` : '';
}
