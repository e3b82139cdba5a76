import { agentReasons } from './agent.ts';
import { auditReasons } from './audit.ts';
import { authenticationReasons } from './authentication.ts';
import { causeReasons } from './causes.ts';
import { configurationReasons } from './configuration.ts';
import { corruptionReasons } from './corruption.ts';
import { deletionReasons } from './deletion.ts';
import { errorReasons } from './error-words.ts';
import { etcdLogReasons } from './etcd-log.ts';
import { eventReasons } from './events.ts';
import { formationReasons } from './formation.ts';
import { headlineReasons } from './headline.ts';
import { healthReasons } from './health.ts';
import { idempotencyReasons } from './idempotency.ts';
import { identityReasons } from './identity.ts';
import { logReasons } from './logs.ts';
import { machineLookReasons } from './machine-look.ts';
import { machineReasons } from './machines.ts';
import { membershipReasons } from './membership.ts';
import { nextStepReasons } from './next-steps.ts';
import { noticeReasons } from './notices.ts';
import { notificationReasons } from './notifications.ts';
import { permitReasons } from './permits.ts';
import { quarantineReasons } from './quarantine.ts';
import { rehearsalReasons } from './rehearsals.ts';
import { replacementReasons } from './replacement.ts';
import { restoringReasons } from './restoring.ts';
import { snapshotImportReasons } from './snapshot-imports.ts';
import { snapshotReasons } from './snapshots.ts';
import { spaceReasons } from './space.ts';
import { takeOverReasons } from './take-over.ts';
import { upgradeReasons } from './upgrade.ts';

/**
 * The one table of reasons, as `errorTable` is the table of errors. Each code has a function that makes words of its facts. Reasons
 * are stored and sent: no secret may be among their facts (R11).
 */
export const reasonTable = {
  ...headlineReasons,
  ...healthReasons,
  ...errorReasons,
  ...formationReasons,
  ...membershipReasons,
  ...replacementReasons,
  ...permitReasons,
  ...nextStepReasons,
  ...configurationReasons,
  ...upgradeReasons,
  ...snapshotReasons,
  ...snapshotImportReasons,
  ...rehearsalReasons,
  ...spaceReasons,
  ...corruptionReasons,
  ...authenticationReasons,
  ...quarantineReasons,
  ...takeOverReasons,
  ...restoringReasons,
  ...deletionReasons,
  ...noticeReasons,
  ...machineReasons,
  ...identityReasons,
  ...idempotencyReasons,
  ...notificationReasons,
  ...auditReasons,
  ...eventReasons,
  ...agentReasons,
  ...etcdLogReasons,
  ...logReasons,
  ...machineLookReasons,
  ...causeReasons,
} as const;
