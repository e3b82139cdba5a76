import { reachable, voters } from './health.ts';
import type { Situation } from './situation.ts';

/** Whether etcd's authentication is on, by the reports of the voters: on if one of them sees that; null if none sees it. */
export function authenticationSeen(situation: Situation): boolean | null {
  const { status, now } = situation;
  const reports = voters(situation).flatMap(([name]) => {
    const node = status.nodes[name];
    return reachable(node, now).ok && node?.status ? [node.status] : [];
  });
  if (reports.some(({ service }) => service.authenticationOn === true)) return true;
  return reports.some(({ etcd }) => etcd !== null) ? false : null;
}
