import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClusterSpec } from './clusters.ts';
import { Sentence, strict, Timestamp } from './primitives.ts';
import { oneOf } from './unions.ts';

/** `GET /v1/clusters/:name/revisions`, the latest first. */
export const RevisionView = Type.Object({
  revision: Type.Integer({ minimum: 1 }),
  at: Timestamp,
  /** Who changed it. */
  by: Sentence,
  spec: ClusterSpec,
});
export type RevisionView = Static<typeof RevisionView>;

/** `POST /v1/clusters/:name/revert` with `If-Match: "REVISION"`: returns all settings that can change to that revision. */
export const RevertRequest = Type.Object({ revision: Type.Integer({ minimum: 1 }) }, strict);
export type RevertRequest = Static<typeof RevertRequest>;

/**
 * `POST /v1/clusters/:name/rollout`. `pause`: the member in progress finishes, and no other starts. `resume`: continue, and
 * retry settings that a member could not run with. `abort`, with `If-Match: "REVISION"`: make a new revision with the last
 * settings that all members had.
 */
export const RolloutOrder = Type.Object({ order: oneOf('pause', 'resume', 'abort') }, strict);
export type RolloutOrder = Static<typeof RolloutOrder>;
