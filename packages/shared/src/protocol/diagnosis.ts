import type { Static } from 'typebox';
import * as Type from 'typebox';
import { NextCommand } from './clusters.ts';
import { ClusterName, MemberName, Timestamp } from './primitives.ts';
import { Rendered } from './rendered.ts';
import { oneOf, orNull } from './unions.ts';

/** A fact that proves a cause. */
export const ProofView = Type.Object({
  ...Rendered.properties,
  /** The member that it concerns; null: the whole cluster, or this machine. */
  about: orNull(MemberName),
  /** When it was observed; null if that is not known. */
  at: orNull(Timestamp),
  /** Who observed it: `etcd-log` is etcd's own log, `machine` the files and devices of the machine. */
  from: oneOf('coordinator', 'agent', 'etcd-log', 'machine'),
});
export type ProofView = Static<typeof ProofView>;

/**
 * How a finding counts. `fault`: something does not work. `minor`: it only slows or threatens. `remark`: no fault of now, and good to know. `over`: a
 * fault of the last day that is over.
 */
export const CountsAs = oneOf('fault', 'minor', 'remark', 'over');
export type CountsAs = Static<typeof CountsAs>;

/** A cause, its proof, and what to do. */
export const FindingView = Type.Object({
  cause: Rendered,
  /** The members that it concerns; empty for the whole cluster. */
  members: Type.Array(MemberName),
  proof: Type.Array(ProofView),
  /** What follows from it. */
  effects: Type.Array(Rendered),
  next: orNull(NextCommand),
  /** Other ways, if the cause cannot be removed. */
  otherwise: Type.Array(Rendered),
  /** The page with the way out, within Picket's documentation. */
  page: Type.String(),
  countsAs: CountsAs,
});
export type FindingView = Static<typeof FindingView>;

/** `GET /v1/clusters/:name/diagnosis`: the causes of what is wrong, and what is good to know; empty if there is neither. Also of `picket-agent diagnose`. */
export const DiagnosisView = Type.Object({
  cluster: orNull(ClusterName),
  findings: Type.Array(FindingView),
  now: Timestamp,
});
export type DiagnosisView = Static<typeof DiagnosisView>;
