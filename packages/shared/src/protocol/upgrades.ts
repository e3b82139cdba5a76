import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClusterName, strict } from './primitives.ts';
import { ReleaseVersion } from './releases.ts';
import { Rendered } from './rendered.ts';
import { oneOf, orNull } from './unions.ts';

/** Where an upgrade waits for an operator, in each stage that changes the minor version. */
export const UpgradePause = oneOf('after-first', 'before-last');

/** The packages of the machines with an etcd of this minor version, such as `package:3.6`. */
const PackageTarget = Type.String({ pattern: '^package:[0-9]{1,4}\\.[0-9]{1,4}$' });

/** A release of the release store, or {@link PackageTarget}. */
export const UpgradeTarget = Type.Union([ReleaseVersion, PackageTarget]);

const Pauses = Type.Optional(Type.Array(UpgradePause, { maxItems: 2 }));

/**
 * `POST /v1/clusters/:name/upgrade` or `…/downgrade` with `If-Match: "REVISION"`. Without `pauses`, an upgrade waits before the last
 * member, and a downgrade nowhere.
 */
export const UpgradeRequest = Type.Object({ to: UpgradeTarget, pauses: Pauses }, strict);
export type UpgradeRequest = Static<typeof UpgradeRequest>;

/** A downgrade goes only to a release. */
export const DowngradeRequest = Type.Object({ to: ReleaseVersion, pauses: Pauses }, strict);

/** `GET /v1/clusters/:name/upgrade?to=VERSION`. */
export const UpgradeQuery = Type.Object({ to: UpgradeTarget }, strict);

/** `GET /v1/clusters/:name/downgrade?to=VERSION`. */
export const DowngradeQuery = Type.Object({ to: ReleaseVersion }, strict);

const UpgradeStageView = Type.Object({
  kind: oneOf('install', 'restart', 'raft-snapshot', 'downgrade'),
  /** The release that it brings; null for one that brings none. */
  version: orNull(ReleaseVersion),
  /** What it does, and why it is needed. */
  what: Rendered,
  /** How to go back during this stage. */
  wayBack: Rendered,
});

/** What an upgrade or a downgrade would do, and what is in its way now. It changes nothing. */
export const UpgradePlan = Type.Object({
  cluster: ClusterName,
  /** The revision that the upgrade is based on. */
  revision: Type.Integer(),
  /** The versions that the members run, each once, the oldest first. */
  runs: Type.Array(Type.String()),
  to: UpgradeTarget,
  stages: Type.Array(UpgradeStageView),
  /** How often each member restarts. */
  restarts: Type.Integer(),
  /** Why it could not begin now; empty if it could. */
  obstacles: Type.Array(Rendered),
  /** The known faults of the etcd that the members run in the end, and that may concern this cluster. */
  faults: Type.Array(Rendered),
  /** What Picket does not know, and an operator may want to look at. */
  unchecked: Type.Array(Rendered),
});
export type UpgradePlan = Static<typeof UpgradePlan>;

/** An upgrade or a downgrade that is under way. */
export const UpgradeView = Type.Object({
  to: UpgradeTarget,
  /** It goes to an earlier version. Left out otherwise. */
  down: Type.Optional(Type.Literal(true)),
  /** The stage under way, counted from 1, of so many. */
  stage: Type.Integer(),
  stages: Type.Integer(),
  what: Rendered,
  wayBack: Rendered,
});
export type UpgradeView = Static<typeof UpgradeView>;
