import { failure } from '@picket/shared/errors.ts';
import { targetOf } from '@picket/shared/etcd-target.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { happening } from '@picket/shared/events/event.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type { UpgradePlan, UpgradeRequest } from '@picket/shared/protocol/upgrades.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { membersBehind } from '../controller/configuration/configuration.ts';
import { underWay } from '../controller/under-way.ts';
import { planDowngrade } from '../declaration/plan-downgrade.ts';
import { type PlannedStage, planUpgrade, stageIn, versionsRun } from '../declaration/plan-upgrade.ts';
import { targetFaults, unchecked, withoutRoom } from '../declaration/upgrade-checks.ts';
import type { NodeRecord } from '../inventory/inventory.ts';
import { alarmedBy } from '../model/alarms.ts';
import { sameConfiguration, wantedConfiguration } from '../model/configuration-of.ts';
import { presentStatus, voters } from '../model/health.ts';
import { isDeclared } from '../model/member-names.ts';
import { nextConfiguration } from '../model/next-configuration.ts';
import { packageOf } from '../model/packages.ts';
import type { Situation } from '../model/situation.ts';
import { taskOfStage, wayBackOf } from '../model/upgrade-reasons.ts';
import { minorRun } from '../model/upgrade-stage.ts';
import { requireRevision } from './change-spec.ts';
import { sickBefore } from './in-the-way.ts';
import type { Operation } from './operation.ts';
import { requireNotRestoring, requireOrderable } from './require-orderable.ts';

interface Asked {
  readonly situation: Situation;
  readonly nodes: readonly NodeRecord[];
  readonly releases: readonly ReleaseView[];
  readonly to: string;
}

/** To a later version of etcd, or to an earlier one. */
export type Direction = keyof typeof directions;

const directions = {
  up: { plan: planUpgrade, refusal: 'upgrade_refused', event: 'upgrade', pauses: ['before-last'] },
  down: { plan: planDowngrade, refusal: 'downgrade_refused', event: 'downgrade', pauses: [] },
} as const;

/**
 * What an upgrade or a downgrade to this version would do, and what is in its way. Throws what {@link planUpgrade} or
 * {@link planDowngrade} does.
 */
export function upgradePlan(
  direction: Direction,
  { situation, nodes, releases, to }: Asked,
): WithoutMessages<UpgradePlan> {
  const { spec, progress, status } = situation;
  const stages = directions[direction].plan(spec, to, { progress, status, nodes, releases });
  return {
    cluster: spec.name,
    revision: spec.revision,
    runs: runsNow(situation),
    to,
    stages: stages.map((stage) => ({
      kind: stage.kind,
      version: stage.kind === 'install' ? stage.version : null,
      what: taskOfStage(stage, stage),
      wayBack: wayBackOf(spec.name, changedMinor(stage, progress.etcdMinor), direction === 'down'),
    })),
    restarts: stages.filter(({ kind }) => kind !== 'downgrade').length,
    obstacles: obstacles(situation, direction, stages),
    faults: targetFaults(situation, versionsBrought(situation, to)),
    unchecked: unchecked(situation, direction === 'up' ? lastMinor(stages, progress.etcdMinor) : null),
  };
}

/**
 * An operator's order: the cluster goes to this version of etcd, stage by stage (R17). Throws what {@link planUpgrade} or
 * {@link planDowngrade} does, and `upgrade_refused` or `downgrade_refused` for the first of what is in its way, `revision_conflict`,
 * `cluster_frozen`, `cluster_deleted`.
 */
export function upgrade(
  direction: Direction,
  { to, pauses }: UpgradeRequest,
  {
    expected,
    by,
    releases,
  }: { readonly expected: number; readonly by: string; readonly releases: readonly ReleaseView[] },
): Operation {
  return {
    decide(situation) {
      const { spec, progress, status, nodes } = situation;
      requireOrderable(situation);
      requireNotRestoring(situation);
      requireRevision(spec, expected);
      const { plan, refusal, event, pauses: usual } = directions[direction];
      const stages = plan(spec, to, { progress, status, nodes, releases });
      const [why] = obstacles(situation, direction, stages);
      if (why !== undefined) throw failure(refusal, { cluster: spec.name, to, reason: why });
      const from = runsNow(situation).join(', ');
      return {
        spec: { ...declaring(spec, to), revision: spec.revision + 1 },
        progress: {
          ...progress,
          upgrade: {
            to,
            stages: stages.map(stageIn),
            ...{ at: 0, restarts: {}, pauses: [...new Set(pauses ?? usual)], pausedAt: [] },
            ...(direction === 'down' ? { down: true as const } : {}),
          },
        },
        by,
        events: [happening(event, { by, from, to })],
        result: undefined,
      };
    },
  };
}

/** What must be over before an upgrade begins: what it counts on, and what would come between its stages. */
function obstacles(situation: Situation, direction: Direction, stages: readonly PlannedStage[]): readonly Reason[] {
  const { spec, progress, status } = situation;
  const { settled, rolledOut, paused, stopped } = progress.configuration;
  const present = progress.upgrade === null ? [] : [reason('upgrade_beside', { to: progress.upgrade.to })];
  const sick = sickBefore(situation, stages).map((ailment) => reason('every_voter_must_serve', { ailment }));
  const alarms = (['NOSPACE', 'CORRUPT'] as const)
    .filter((alarm) => (alarmedBy(situation, alarm) ?? []).length > 0)
    .map((alarm) => reason('alarm_raised', { alarm }));
  const learners = Object.entries(progress.members)
    .filter(([, { phase }]) => phase !== 'voter')
    .map(([member]) => reason('upgrade_after_learner', { member }));
  const leavers = Object.entries(progress.members)
    .filter(([member, { leaving }]) => leaving !== undefined || !isDeclared(spec, member))
    .map(([member]) => reason('upgrade_after_departure', { cluster: spec.name, member }));
  const crosses = stages.some((stage) => changedMinor(stage, progress.etcdMinor) !== null || 'beside' in stage);
  const former = Object.keys(progress.members).filter((name) => {
    const agent = status.nodes[name]?.status?.agent;
    return crosses && agent !== undefined && agent.takesMinorOrders !== true;
  });
  const isSettled = settled !== null && sameConfiguration(settled, wantedConfiguration(spec));
  const isSteered = paused || stopped !== null;
  const isDeadlocked = !isSteered && waitsForThoseBeside(situation, stages);
  const rests = isDeadlocked || (Object.keys(rolledOut).length === 0 && !isSteered && isSettled);
  const count = voters(situation).length;
  const ordered = direction === 'up' && present.length === 0 ? orderedDowngrade(situation) : null;
  return [
    ...present,
    ...sick,
    ...alarms,
    ...withoutRoom(situation),
    ...learners,
    ...leavers,
    ...(former.length === 0 ? [] : [reason('upgrade_after_agents', { members: former })]),
    ...(ordered === null ? [] : [reason('downgrade_by_hand', { target: ordered })]),
    ...(rests || present.length > 0 ? [] : [reason('upgrade_after_rollout', { cluster: spec.name })]),
    ...[underWay(isDeadlocked ? withoutTrial(situation) : situation)].filter((why) => why !== null),
    ...(count <= 2 && !spec.allowDowntime ? [reason('needs_downtime', { cluster: spec.name, count })] : []),
  ];
}

/**
 * Whether the rollout waits only for members that run another minor version without an order, and that the first stage brings back, or to
 * which it brings the others: until then, their agents start nothing of what they are given (R17).
 */
function waitsForThoseBeside(situation: Situation, [first]: readonly PlannedStage[]): boolean {
  const { spec, progress } = situation;
  const { trial } = progress.configuration;
  const beside = first?.kind === 'install' ? first.beside : first?.kind === 'downgrade' ? first.to : undefined;
  const behind = trial === null ? membersBehind(situation, nextConfiguration(spec, progress)) : [trial.member];
  return beside !== undefined && behind.length > 0 && behind.every((name) => minorRun(situation, name) === beside);
}

/** The first stage gives the member on trial what the cluster runs, in place of what the member waits with. */
function withoutTrial(situation: Situation): Situation {
  const { progress } = situation;
  return { ...situation, progress: { ...progress, configuration: { ...progress.configuration, trial: null } } };
}

/** The last minor version that these stages bring; null: the present one stays. */
function lastMinor(stages: readonly PlannedStage[], etcdMinor: string | null): string | null {
  return stages.flatMap((stage) => changedMinor(stage, etcdMinor) ?? []).at(-1) ?? null;
}

/** The versions that members run in the end, as far as they are known: a package may come later. */
function versionsBrought({ progress, status }: Situation, to: string): readonly string[] {
  const { version, minor } = targetOf(to);
  if (version !== null) return [version];
  return [...new Set(Object.keys(progress.members).flatMap((name) => packageOf(minor, status.nodes[name]) ?? []))];
}

/** The versions that run; while none does, the minor version of the data. */
function runsNow({ progress, status }: Situation): readonly string[] {
  const runs = versionsRun({ progress, status });
  return runs.length === 0 && progress.etcdMinor !== null ? [progress.etcdMinor] : runs;
}

function changedMinor(stage: PlannedStage, etcdMinor: string | null): string | null {
  if (stage.kind === 'downgrade') return stage.to;
  if (stage.kind !== 'install') return null;
  const minor = stage.version === null ? (stage.packageMinor ?? null) : minorOf(stage.version);
  return minor === etcdMinor ? null : minor;
}

/** The spec with this target, as `picket cluster set` would declare it. */
function declaring({ etcd: _former, ...spec }: ClusterSpec, to: string): ClusterSpec {
  const { version } = targetOf(to);
  return version === null ? spec : { ...spec, etcd: { source: 'release', version } };
}

/** The version to which somebody has ordered etcd's downgrade; null: nobody has. Such a cluster would never raise its version. */
function orderedDowngrade(situation: Situation): string | null {
  const infos = voters(situation).flatMap(([name]) => presentStatus(situation, name)?.etcd?.downgradeInfo ?? []);
  return infos.find(({ enabled }) => enabled)?.targetVersion ?? null;
}
