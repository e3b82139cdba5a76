import { presentStatus, voters } from './health.ts';
import type { Situation } from './situation.ts';

/** Whether etcd's authentication is on, by the reports of the voters: on if one of them sees that; null if none sees it. */
export function authenticationSeen(situation: Situation): boolean | null {
  const reports = voters(situation).flatMap(([name]) => presentStatus(situation, name) ?? []);
  if (reports.some(({ service }) => service.authenticationOn === true)) return true;
  return reports.some(({ etcd }) => etcd !== null) ? false : null;
}
