import { type Static, Type } from 'typebox';
import { ClusterSpec } from './clusters.ts';
import { Sentence, strict, Timestamp } from './words.ts';

/** `GET /v1/clusters/:name/revisions`, the latest first. */
export const RevisionView = Type.Object({
  revision: Type.Integer({ minimum: 1 }),
  at: Timestamp,
  /** Who changed it. */
  by: Sentence,
  spec: ClusterSpec,
});
export type RevisionView = Static<typeof RevisionView>;

/** `POST /v1/clusters/:name/revert` with `If-Match: "REVISION"`: all that can be changed becomes what it was then. */
export const RevertRequest = Type.Object({ revision: Type.Integer({ minimum: 1 }) }, strict);
export type RevertRequest = Static<typeof RevertRequest>;

/**
 * `POST /v1/clusters/:name/rollout`. `pause`: the member under way finishes, and no other begins. `resume`: go on, and try
 * again what a member could not run with. `abort`, with `If-Match: "REVISION"`: a new revision with the settings that all
 * members had last.
 */
export const RolloutOrder = Type.Object(
  { order: Type.Union([Type.Literal('pause'), Type.Literal('resume'), Type.Literal('abort')]) },
  strict,
);
export type RolloutOrder = Static<typeof RolloutOrder>;
