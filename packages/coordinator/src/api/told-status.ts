import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { ToldStatus } from '@picket/shared/protocol/told-status.ts';
import { longestSentence } from '@picket/shared/protocol/words.ts';
import { cutText } from '@picket/shared/reasons/cut-text.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';

/**
 * A member or client with the message of each reason that it reported. Messages are truncated, so that no node can make
 * an answer that clients refuse (R18).
 */
export function withMessages<View extends { readonly status: NodeStatus | null }>(view: View) {
  return { ...view, status: view.status && toldStatus(view.status) };
}

function toldStatus(status: NodeStatus): ToldStatus {
  const { agent, service, lastStep, lastSnapshot, lastMaintenance, restoreTool, ...rest } = status;
  return {
    ...rest,
    agent: { ...agent, waits: agent.waits.map(told) },
    service: toldService(service),
    lastStep: lastStep && { ...lastStep, reason: told(lastStep.reason) },
    ...(lastSnapshot && { lastSnapshot: { ...lastSnapshot, reason: toldOrNull(lastSnapshot.reason) } }),
    ...(lastMaintenance && { lastMaintenance: { ...lastMaintenance, reason: toldOrNull(lastMaintenance.reason) } }),
    ...(restoreTool && { restoreTool: { ...restoreTool, obstacle: toldOrNull(restoreTool.obstacle) } }),
  };
}

function toldService({ holdRefused, logFacts, ...service }: NodeStatus['service']): ToldStatus['service'] {
  return {
    ...service,
    reason: toldOrNull(service.reason),
    rejected: toldOrNull(service.rejected),
    ...(holdRefused && { holdRefused: { ...holdRefused, reason: told(holdRefused.reason) } }),
    ...(logFacts && { logFacts: logFacts.map(({ reason, at }) => ({ reason: told(reason), at })) }),
  };
}

function toldOrNull(reason: AnyReason | null) {
  return reason && told(reason);
}

function told({ code, facts }: AnyReason) {
  return { code, facts, message: cutText(inWords({ code, facts }), longestSentence) };
}
