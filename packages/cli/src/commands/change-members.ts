import { plain, plainIn } from '@picket/shared/plain.ts';
import type { ChangedClusterView, ClusterChange, ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Rendered } from '@picket/shared/protocol/rendered.ts';
import type { Api } from '../api.ts';
import { confirmName, givesName, type Naming } from '../confirm.ts';
import { membershipPlan } from '../render/plan.ts';
import type { Shell } from '../shell.ts';

/** A change of a cluster, against the revision that the operator has seen. */
export interface AskedChange {
  readonly spec: ClusterSpec;
  readonly revision: number;
  readonly change: ClusterChange;
  readonly naming: Naming;
}

export interface AcceptedChange {
  readonly view: ChangedClusterView;
  /** Its warnings were shown before it was accepted. */
  readonly isWarned: boolean;
}

/**
 * Makes the change. If it changes the members of a cluster that is founded, shows the plan first, and asks for the name of
 * the cluster. Throws as `confirmName` does, and what the coordinator refuses.
 */
export async function acceptedChange(
  shell: Shell,
  api: Api,
  { spec, revision, change, naming }: AskedChange,
): Promise<AcceptedChange> {
  const { name } = spec;
  const asked = { question: 'Type the name of the cluster to accept this', name, what: `The cluster ${plain(name)}` };
  givesName(naming, asked);
  let isWarned = false;
  if (changesMembers(spec, change)) {
    const judged = await api.changeCluster({ name, ifMatch: revision, body: { ...change, dryRun: true } });
    const { plan, warnings } = plainIn(judged);
    if (plan !== undefined) {
      shell.note(`${[membershipPlan(plainIn(spec), plan), ...warnings.map(warned)].join('\n')}\n`);
      isWarned = true;
      await confirmName(shell.io, naming, asked);
    }
  }
  return { view: await api.changeCluster({ name, ifMatch: revision, body: change }), isWarned };
}

/** A warning about a declaration. */
export function warned({ message }: Rendered): string {
  return `Warning: ${message}`;
}

function changesMembers({ members }: ClusterSpec, { members: wanted = members }: ClusterChange): boolean {
  const lines = (list: ClusterSpec['members']) => list.map(({ name, address }) => `${name} ${address}`).sort();
  return lines(members).join() !== lines(wanted).join();
}
