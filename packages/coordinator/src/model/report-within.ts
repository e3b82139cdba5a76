import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { cutText } from '@picket/shared/reasons/cut-text.ts';
import { sizeOf } from '@picket/shared/reasons/within.ts';
import { excerptsIn, type Lengths } from './excerpts.ts';

/** From the longest on; a report that is still too large with the last of them loses all of its texts. */
const lengths: readonly Lengths[] = [1000, 300, 100, 30].map((text) => ({ text, reason: 2 * text }));

/**
 * The report with its texts truncated, and only as far as `fits` requires. What does not fit with short texts is without
 * them: what remains are the states, versions and figures, which a schema bounds. Pure.
 */
export function reportWithin(status: NodeStatus, fits: (shorter: NodeStatus) => boolean): NodeStatus {
  if (fits(status)) return status;
  for (const longest of lengths) {
    const shorter = withShortTexts(status, longest);
    if (fits(shorter)) return shorter;
  }
  const bare = withoutTexts(status);
  return fits(bare) || bare.etcd === null ? bare : { ...bare, etcd: { ...bare.etcd, members: null } };
}

function withShortTexts(status: NodeStatus, longest: Lengths): NodeStatus {
  const { service, ...others } = excerptsIn(status, longest);
  const { logFacts } = service;
  const lastLog = service.lastLog.map((line) => cutText(line, longest.text));
  const short = logFacts?.filter(({ reason }) => sizeOf(reason) <= longest.reason);
  return { ...others, service: { ...service, lastLog, ...(short && { logFacts: short }) } };
}

/** Of each reason, its code remains: whether there is one may decide something. */
function withoutTexts(status: NodeStatus): NodeStatus {
  const { service, agent, etcd, ...others } = excerptsIn(status, { text: 100, reason: 0 });
  const { logFacts: _facts, usersLikeServers: _users, ...facts } = service;
  const alarms = etcd?.alarms.slice(0, 4).map((alarm) => cutText(alarm, 40)) ?? [];
  return {
    ...others,
    agent: { ...agent, waits: [] },
    service: { ...facts, lastLog: [] },
    etcd: etcd && { ...etcd, alarms },
  };
}
