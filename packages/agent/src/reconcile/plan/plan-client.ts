import type { ClientState } from '@picket/shared/protocol/desired-state.ts';
import { clientBundle, clientKeyTarget, differing } from '../../model/managed-files.ts';
import type { AgentStep, CurrentState, Paths, Plan } from '../../model/model.ts';
import { planCredentials } from './plan-credentials.ts';
import { planProfile } from './plan-profile.ts';

/**
 * The plan of a client node: provide what clients of the cluster need. No step of this plan concerns an etcd, whatever
 * runs on the machine (R13). Pure.
 */
export function planClient(document: ClientState, current: CurrentState, paths: Paths): Plan {
  const credentials = planCredentials(document, current, false);
  const profile = planProfile({ document }, current, paths);
  const files: AgentStep[] = differing([clientBundle(document, paths)], current.files).map((file) => ({
    kind: 'write-file',
    ...file,
  }));
  const link: AgentStep[] = current.clientKeyLink === clientKeyTarget ? [] : [{ kind: 'link-client-key' }];
  return {
    // What needs the coordinator comes last: if it is unreachable, everything else is done (R10).
    steps: [...files, ...link, ...profile.steps, ...credentials.needed, ...credentials.renewals],
    waits: [...credentials.waits, ...profile.waits],
    restartPending: false,
  };
}
