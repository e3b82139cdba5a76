import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { reachable, voters } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/** That etcd's authentication is on and lets Picket in; the headline says if it does not. Pure. */
export function authenticationNotices(situation: Situation): readonly Reason[] {
  const { status, now } = situation;
  const isAdmitted = voters(situation).some(([name]) => {
    const node = status.nodes[name];
    return reachable(node, now).ok && node?.status?.service.authenticationOn === true && node.status.etcd !== null;
  });
  return isAdmitted ? [reason('authentication_admits')] : [];
}
