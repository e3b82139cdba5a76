import type { Concern } from '../model/concern.ts';
import type { ClusterProgress, ConcernName } from '../model/progress.ts';
import { authenticationConcern } from './authentication/concern.ts';
import { configurationConcern } from './configuration/concern.ts';
import { corruptionConcern } from './corruption/concern.ts';
import { defragmentationConcern } from './defragmentation/concern.ts';
import { deletionConcern } from './deletion/concern.ts';
import { formationConcern } from './formation/concern.ts';
import { holdsConcern } from './holds/concern.ts';
import { leadershipConcern } from './leadership/concern.ts';
import { membershipConcern } from './membership/concern.ts';
import { permitsConcern } from './permits/concern.ts';
import { safetyConcern } from './safety/concern.ts';
import { snapshotsConcern } from './snapshots/concern.ts';
import { spaceConcern } from './space/concern.ts';
import { upgradeConcern } from './upgrade/concern.ts';
import { versionConcern } from './version/concern.ts';

/** If two have something for an operator or for a node, the first one counts. */
export const concerns = {
  safety: safetyConcern,
  deletion: deletionConcern,
  formation: formationConcern,
  version: versionConcern,
  upgrade: upgradeConcern,
  snapshots: snapshotsConcern,
  defragmentation: defragmentationConcern,
  holds: holdsConcern,
  permits: permitsConcern,
  configuration: configurationConcern,
  membership: membershipConcern,
  space: spaceConcern,
  corruption: corruptionConcern,
  authentication: authenticationConcern,
  leadership: leadershipConcern,
} satisfies { readonly [Name in ConcernName]: Concern<Name> };

/** In order of importance: a concern that acts or blocks keeps the later ones from acting. */
export const deciders = [
  concerns.safety.decide.lastWord,
  concerns.permits.decide.unused,
  concerns.deletion.decide.end,
  concerns.authentication.decide.admission,
  concerns.formation.decide.founder,
  concerns.version.decide.minor,
  concerns.upgrade.decide.stages,
  concerns.snapshots.decide.schedule,
  concerns.configuration.decide.trial,
  concerns.configuration.decide.revival,
  concerns.authentication.decide.switching,
  concerns.leadership.decide.handover,
  concerns.corruption.decide.corruption,
  concerns.space.decide.outOfSpace,
  concerns.membership.decide.change,
  concerns.permits.decide.restart,
  concerns.holds.decide.hold,
  concerns.upgrade.decide.downgrade,
  concerns.configuration.decide.rollout,
  concerns.defragmentation.decide.gaps,
  concerns.membership.decide.formerIncarnations,
  concerns.membership.decide.letGo,
];

type AnyConcern = { readonly [Name in ConcernName]: Concern<Name> }[ConcernName];
const all: readonly AnyConcern[] = Object.values(concerns);

/** What each concern makes of its part. */
export function eachChanges(
  progress: ClusterProgress,
  change: (concern: AnyConcern, progress: ClusterProgress) => Partial<ClusterProgress> | undefined,
): ClusterProgress {
  let after = progress;
  for (const concern of all) after = { ...after, ...change(concern, after) };
  return after;
}

/** One table or list of what each concern has. */
export function ofEach<Value>(value: (concern: AnyConcern) => Value): readonly Value[] {
  return all.map(value);
}
