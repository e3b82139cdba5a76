import { agentJoiningErrors } from '@picket/shared/errors/agent-joining.ts';
import { agentMachineErrors } from '@picket/shared/errors/agent-machine.ts';
import { agentWorkErrors } from '@picket/shared/errors/agent-work.ts';
import { authorityErrors } from '@picket/shared/errors/authority.ts';
import { backupErrors } from '@picket/shared/errors/backup.ts';
import { cliErrors } from '@picket/shared/errors/cli.ts';
import { clusterErrors } from '@picket/shared/errors/clusters.ts';
import { configFileErrors } from '@picket/shared/errors/config-files.ts';
import { coordinatorProcessErrors } from '@picket/shared/errors/coordinator-process.ts';
import { etcdConfigErrors } from '@picket/shared/errors/etcd-config.ts';
import { hostsErrors } from '@picket/shared/errors/hosts.ts';
import { inventoryErrors } from '@picket/shared/errors/inventory.ts';
import { joiningErrors } from '@picket/shared/errors/joining.ts';
import { logErrors } from '@picket/shared/errors/logs.ts';
import { nodeProtocolErrors } from '@picket/shared/errors/node-protocol.ts';
import { notificationErrors } from '@picket/shared/errors/notifications.ts';
import { pkiErrors } from '@picket/shared/errors/pki.ts';
import { principalErrors } from '@picket/shared/errors/principals.ts';
import { releaseErrors } from '@picket/shared/errors/releases.ts';
import { requestErrors } from '@picket/shared/errors/requests.ts';
import { snapshotErrors } from '@picket/shared/errors/snapshots.ts';
import type { ErrorEntry } from '@picket/shared/errors/table.ts';

/** The headings of the page, in its order. */
const groups: Readonly<Record<string, Readonly<Record<string, ErrorEntry>>>> = {
  'Requests in general': requestErrors,
  'Configuration files': configFileErrors,
  "The coordinator's process": coordinatorProcessErrors,
  'Backup and restore': backupErrors,
  'Who is asking': principalErrors,
  Joining: joiningErrors,
  'Node protocol': nodeProtocolErrors,
  Clusters: clusterErrors,
  Snapshots: snapshotErrors,
  Releases: releaseErrors,
  'Logs of nodes': logErrors,
  Notifications: notificationErrors,
  Authority: authorityErrors,
  Inventory: inventoryErrors,
  PKI: pkiErrors,
  'etcd configuration': etcdConfigErrors,
  'hosts.csv': hostsErrors,
  'Agent: the machine': agentMachineErrors,
  'Agent: joining': agentJoiningErrors,
  'Agent: its work': agentWorkErrors,
  'picket (CLI)': cliErrors,
};

/** docs/reference/errors.md as the table of errors has it. It is also the one recording of the words of errors. */
export function errorsDocument(): string {
  const lines = [
    '# Errors',
    '',
    'Every error that Picket shows has a code, a message that says what happened and a hint that says what to do.',
    'The API answers `{"code", "message", "hint", "details"}` with this HTTP status; the commands print the message, the hint and',
    'the code, or the same JSON with `--output json`. `{words}` stand for the facts of the case. `picket explain CODE` prints one row.',
    '',
    'This page is made from the tables in `packages/shared/src/errors` by `npm run docs`.',
  ];
  for (const [heading, entries] of Object.entries(groups)) {
    lines.push('', `## ${heading}`, '', '| code | status | what happened | what to do |', '| --- | --- | --- | --- |');
    for (const [code, { status, message, hint }] of Object.entries(entries)) {
      lines.push(`| \`${code}\` | ${status} | ${cell(message)} | ${cell(hint)} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
