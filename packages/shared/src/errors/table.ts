import { agentJoiningErrors } from './agent-joining.ts';
import { agentMachineErrors } from './agent-machine.ts';
import { agentWorkErrors } from './agent-work.ts';
import { authorityErrors } from './authority.ts';
import { backupErrors } from './backup.ts';
import { cliErrors } from './cli.ts';
import { clusterErrors } from './clusters.ts';
import { configFileErrors } from './config-files.ts';
import { coordinatorProcessErrors } from './coordinator-process.ts';
import { etcdConfigErrors } from './etcd-config.ts';
import { hostsErrors } from './hosts.ts';
import { inventoryErrors } from './inventory.ts';
import { joiningErrors } from './joining.ts';
import { logErrors } from './logs.ts';
import { nodeProtocolErrors } from './node-protocol.ts';
import { notificationErrors } from './notifications.ts';
import { pkiErrors } from './pki.ts';
import { principalErrors } from './principals.ts';
import { releaseErrors } from './releases.ts';
import { requestErrors } from './requests.ts';
import { snapshotErrors } from './snapshots.ts';

/**
 * The one table of errors. Each code has an HTTP status, a message that says what happened and a hint that
 * says what to do. `{name}` in these texts is replaced by a detail. The details are sent together with the code.
 *
 * Details are printed, logged and sent to operators, so they must not contain a secret (R11).
 */
export const errorTable = {
  ...requestErrors,
  ...configFileErrors,
  ...coordinatorProcessErrors,
  ...backupErrors,
  ...principalErrors,
  ...joiningErrors,
  ...nodeProtocolErrors,
  ...clusterErrors,
  ...logErrors,
  ...snapshotErrors,
  ...releaseErrors,
  ...notificationErrors,
  ...authorityErrors,
  ...inventoryErrors,
  ...pkiErrors,
  ...etcdConfigErrors,
  ...hostsErrors,
  ...agentMachineErrors,
  ...agentJoiningErrors,
  ...agentWorkErrors,
  ...cliErrors,
} as const satisfies Record<string, ErrorEntry>;

/** An HTTP status, what happened, and what to do. `{name}` in a text stands for a fact. */
export interface ErrorEntry {
  readonly status: number;
  readonly message: string;
  readonly hint: string;
}
