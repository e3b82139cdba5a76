import { plain } from '@picket/shared/plain.ts';
import type { ChangedClusterView, ClusterChange, ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Api } from '../api.ts';
import { confirmByName } from '../confirm.ts';
import { membershipPlan } from '../render/plan.ts';
import type { Shell } from '../shell.ts';

/** A change of a cluster, against the revision that the operator has seen. */
export interface AskedChange {
  readonly spec: ClusterSpec;
  readonly revision: number;
  readonly change: ClusterChange;
  readonly yes: boolean;
}

/**
 * Makes the change. If it changes the members of a cluster that is founded, shows the plan first, and asks for the name of
 * the cluster unless `yes`. Throws `not_confirmed`, and what the coordinator refuses.
 */
export async function acceptedChange(
  shell: Shell,
  api: Api,
  { spec, revision, change, yes }: AskedChange,
): Promise<ChangedClusterView> {
  const { name } = spec;
  if (!yes && changesMembers(spec, change)) {
    const { plan } = await api.changeCluster(name, revision, { ...change, dryRun: true });
    if (plan !== undefined) {
      shell.note(`${membershipPlan(spec, plan)}\n`);
      const question = 'Type the name of the cluster to accept this';
      await confirmByName(shell.io, { question, name, what: `The cluster ${plain(name)}` });
    }
  }
  return api.changeCluster(name, revision, change);
}

function changesMembers({ members }: ClusterSpec, { members: wanted = members }: ClusterChange): boolean {
  const lines = (list: ClusterSpec['members']) => list.map(({ name, address }) => `${name} ${address}`).sort();
  return lines(members).join() !== lines(wanted).join();
}
