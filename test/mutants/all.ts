import { admissions } from './admissions.ts';
import { audit } from './audit.ts';
import { authentication } from './authentication.ts';
import { backups } from './backups.ts';
import { claims } from './claims.ts';
import { compromised } from './compromised.ts';
import { conditions } from './conditions.ts';
import { connections } from './connections.ts';
import { corruption } from './corruption.ts';
import { deletions } from './deletion.ts';
import { diagnosis } from './diagnosis.ts';
import { dryRuns } from './dry-runs.ts';
import { errors } from './errors.ts';
import { etcdUser } from './etcd-user.ts';
import { fleet } from './fleet.ts';
import { gateway } from './gateway.ts';
import { headlines } from './headlines.ts';
import { histories } from './history.ts';
import { idempotency } from './idempotency.ts';
import { joining } from './joining.ts';
import { keeping } from './keeping.ts';
import { lastWords } from './last-words.ts';
import { leaving } from './leaving.ts';
import { links } from './links.ts';
import { logs } from './logs.ts';
import { members } from './members.ts';
import { metrics } from './metrics.ts';
import { minorOrders } from './minor-orders.ts';
import type { Mutant } from './mutant.ts';
import { nodeReleases } from './node-releases.ts';
import { notifications } from './notifications.ts';
import { operators } from './operators.ts';
import { orders } from './orders.ts';
import { polls } from './polls.ts';
import { rehearsals } from './rehearsals.ts';
import { releases } from './releases.ts';
import { rescuing } from './rescue.ts';
import { restoring } from './restoring.ts';
import { retiredIncarnations } from './retired-incarnations.ts';
import { revocations } from './revocations.ts';
import { rollouts } from './rollouts.ts';
import { silence } from './silence.ts';
import { snapshotImports } from './snapshot-imports.ts';
import { snapshots } from './snapshots.ts';
import { storedReports } from './stored-reports.ts';
import { strangers } from './strangers.ts';
import { streams } from './streams.ts';
import { terminals } from './terminals.ts';
import { undeclared } from './undeclared.ts';
import { upgrades } from './upgrades.ts';
import { version } from './version.ts';
import { withdrawnMutations } from './withdrawn-mutations.ts';

/** Guards that the simulation does not carry; those that it does are in ../simulation/mutants.ts. */
export const mutants: readonly Mutant[] = [
  ...audit,
  ...authentication,
  ...backups,
  ...claims,
  ...compromised,
  ...conditions,
  ...connections,
  ...fleet,
  ...silence,
  ...corruption,
  ...deletions,
  ...diagnosis,
  ...dryRuns,
  ...rescuing,
  ...restoring,
  ...rehearsals,
  ...snapshots,
  ...admissions,
  ...snapshotImports,
  ...leaving,
  ...links,
  ...terminals,
  ...errors,
  ...etcdUser,
  ...lastWords,
  ...gateway,
  ...logs,
  ...members,
  ...histories,
  ...idempotency,
  ...metrics,
  ...notifications,
  ...operators,
  ...orders,
  ...polls,
  ...nodeReleases,
  ...releases,
  ...retiredIncarnations,
  ...revocations,
  ...rollouts,
  ...storedReports,
  ...strangers,
  ...streams,
  ...undeclared,
  ...headlines,
  ...minorOrders,
  ...upgrades,
  ...version,
  ...joining,
  ...keeping,
  ...withdrawnMutations,
];
