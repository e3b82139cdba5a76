/** What each voter does on the former minor version, once all members run a good enough release of it, so that it can start with the next one. */
export type Preparation = 'restart' | 'raft-snapshot';

/** How a cluster goes from one minor version to the next. */
export interface StepUp {
  readonly from: string;
  readonly to: string;
  /** Every member must run this or a later version before the first one goes on. */
  readonly least: string;
  readonly first: Preparation;
}

/**
 * The steps that were tried with real clusters, under load and back.
 *
 * 3.5 to 3.6: members that were added as learners by etcd 3.5.19 or earlier are recorded wrongly in the store until each has written its
 * own record of itself by an etcd that does so rightly, and the member that is changed last does not do it with the restart that changes it
 * (etcd-io/etcd 19557, 20793); 3.5.26 also removes members that were removed before (20967).
 *
 * 3.6 to 3.7: 3.5 writes entries into the log that 3.7 cannot read ("unmarshal should never fail"; MustUnmarshalMessage in
 * server/etcdserver/apply/apply.go of v3.7.1). It reads the log from the newest raft snapshot on. etcd's guide asks for 3.6.11.
 */
const stepsUp: readonly StepUp[] = [
  { from: '3.5', to: '3.6', least: '3.5.26', first: 'restart' },
  { from: '3.6', to: '3.7', least: '3.6.11', first: 'raft-snapshot' },
];

/** The step from this minor version to the next one; null if none was tried. */
export function stepUpFrom(minor: string): StepUp | null {
  return stepsUp.find(({ from }) => from === minor) ?? null;
}
