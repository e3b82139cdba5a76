import type { Static } from 'typebox';
import * as Type from 'typebox';
import { conditions, effects, severities } from '../advisories/advisory.ts';
import { ClusterName, MemberName } from './primitives.ts';
import { oneOf } from './unions.ts';

/** A known fault of an etcd that members run, and whether it concerns their cluster. */
export const AdvisoryView = Type.Object({
  /** A CVE, an advisory of GitHub, `etcd-NUMBER` for an issue of etcd, or a name of Picket's own. */
  id: Type.String(),
  alsoKnownAs: Type.Array(Type.String()),
  /** `unknown`: the facts of the cluster do not say it. `depends`: it rests on what clients or operators do, or on a power cut. */
  verdict: oneOf('applies', 'unknown', 'depends'),
  /** What it needs to concern a cluster. */
  concerns: oneOf(...conditions),
  effect: oneOf(...effects),
  severity: oneOf(...severities),
  /** Those of the versions below that have it. */
  versions: Type.Array(Type.String()),
  /** The first version with the fix, of each minor version that has one. */
  fixed: Type.Array(Type.String()),
  means: Type.String(),
  action: Type.String(),
  sources: Type.Array(Type.String()),
});
export type AdvisoryView = Static<typeof AdvisoryView>;

/** `GET /v1/clusters/{name}/advisories`: the known faults of the etcd that this cluster runs. */
export const AdvisoriesView = Type.Object({
  cluster: ClusterName,
  /** What the members run by their last reports; what is installed if etcd does not run. */
  versions: Type.Array(Type.Object({ version: Type.String(), members: Type.Array(MemberName) })),
  /** First those that concern the cluster, the most severe first. */
  advisories: Type.Array(AdvisoryView),
});
export type AdvisoriesView = Static<typeof AdvisoriesView>;
