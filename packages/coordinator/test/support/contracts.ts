import { clusterContracts } from '@picket/shared/contract/clusters.ts';
import type { Contract } from '@picket/shared/contract/contract.ts';
import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { errorsOf } from '@picket/shared/contract/errors.ts';
import { joiningContracts } from '@picket/shared/contract/joining.ts';
import { nodeContracts } from '@picket/shared/contract/node.ts';
import { nodesContracts } from '@picket/shared/contract/nodes.ts';
import { notificationContracts } from '@picket/shared/contract/notifications.ts';
import { operatorContracts } from '@picket/shared/contract/operators.ts';
import { releaseContracts } from '@picket/shared/contract/releases.ts';
import { snapshotContracts } from '@picket/shared/contract/snapshots.ts';
import { tokenContracts } from '@picket/shared/contract/tokens.ts';

/** The contracts of all routes. */
export const contracts: readonly Contract[] = [
  ...Object.values(clusterContracts),
  ...Object.values(coordinatorContracts),
  ...Object.values(joiningContracts),
  ...Object.values(nodeContracts),
  ...Object.values(nodesContracts),
  ...Object.values(notificationContracts),
  ...Object.values(operatorContracts),
  ...Object.values(releaseContracts),
  ...Object.values(snapshotContracts),
  ...Object.values(tokenContracts),
];

// `/v1/audit/head` before `/v1/audit/:id`.
const patterns = contracts
  .map((contract) => ({ contract, pattern: patternOf(contract) }))
  .sort((one, other) => one.contract.route.split(':').length - other.contract.route.split(':').length);

/** The contract of the route that answers this request; undefined if none does. */
export function contractOf(method: string, target: string): Contract | undefined {
  const [path = ''] = target.split('?');
  const asked = method === 'HEAD' ? 'GET' : method;
  return patterns.find(({ pattern }) => pattern.test(`${asked} ${path}`))?.contract;
}

/** Throws for an error that the contract of its route does not list. */
export function requireListed(method: string, target: string, status: number, body: string): void {
  const contract = status < 400 ? undefined : contractOf(method, target);
  const [, code] = /"code":"(\w+)"/.exec(body) ?? [];
  if (contract === undefined || code === undefined) return;
  if (!errorsOf(contract).some((one) => one === code))
    throw new Error(`${contract.route} answers ${code}, which its contract does not list`);
}

function patternOf({ route }: Contract): RegExp {
  return new RegExp(`^${route.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`);
}
