import { clusterContracts } from '@picket/shared/contract/clusters.ts';
import { type Contract, methodAndPath } from '@picket/shared/contract/contract.ts';
import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { nodesContracts } from '@picket/shared/contract/nodes.ts';
import { notificationContracts } from '@picket/shared/contract/notifications.ts';
import { operatorContracts } from '@picket/shared/contract/operators.ts';
import { releaseContracts } from '@picket/shared/contract/releases.ts';
import { snapshotContracts } from '@picket/shared/contract/snapshots.ts';
import { tokenContracts } from '@picket/shared/contract/tokens.ts';
import { aligned } from './aligned.ts';

/** The commands that print the answer of a route, with that route. */
const reads: Readonly<Record<string, Contract>> = {
  'picket status CLUSTER': clusterContracts.status,
  'picket cluster list': clusterContracts.clusters,
  'picket cluster show': clusterContracts.cluster,
  'picket cluster history': clusterContracts.revisions,
  'picket node list': nodesContracts.nodes,
  'picket token list': tokenContracts.tokens,
  'picket diagnose': clusterContracts.diagnosis,
  'picket advisories': clusterContracts.advisories,
  'picket history': clusterContracts.history,
  'picket events': coordinatorContracts.events,
  'picket logs': nodesContracts.readLog,
  'picket certificates': coordinatorContracts.certificatesInForce,
  'picket certificates --issued': coordinatorContracts.certificates,
  'picket snapshot list': snapshotContracts.snapshots,
  'picket release list': releaseContracts.releases,
  'picket operator list': operatorContracts.operators,
  'picket notify list': notificationContracts.channels,
  'picket audit list': coordinatorContracts.audit,
  'picket backups': coordinatorContracts.backups,
};

/**
 * What each command that reads prints with `--output json`, as a table.
 *
 * @param commands all commands; throws an Error if one of the table is not among them
 */
export function answersTable(commands: readonly string[]): string[] {
  const rows = Object.entries(reads).map(([command, contract]) => {
    const name = command.replace(/ [A-Z-].*$/, '');
    if (!commands.includes(name)) throw new Error(`${name} is not a command of picket`);
    return [`\`${command}\``, `\`${methodAndPath(contract).join(' ')}\``, fieldsOf(contract)];
  });
  return aligned([['command', 'route', 'fields'], ...rows]);
}

/** The fields of the answer, or, of a list, those of each item. */
function fieldsOf({ route, answers = {} }: Contract): string {
  const fields = propertiesOf(answers[200]);
  if (fields === undefined) throw new Error(`${route} answers without fields`);
  const items = (fields.items as { readonly items?: unknown } | undefined)?.items;
  const shown = propertiesOf(items) ?? fields;
  return `${items === undefined ? '' : '`items`, each with '}${Object.keys(shown)
    .map((name) => `\`${name}\``)
    .join(', ')}`;
}

function propertiesOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  return (schema as { readonly properties?: Readonly<Record<string, unknown>> } | undefined)?.properties;
}
