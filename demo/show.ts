import { join } from 'node:path';
import type { Finished } from '../test/support/children.ts';
import type { EtcdBinaries } from '../test/support/etcd-binaries.ts';
import type { Fleet } from '../test/support/fleet.ts';
import { clusterName } from './form-cluster.ts';

/** What an operator sees: picket's tables, then etcd's own. */
export async function showTables(fleet: Fleet, say: (line: string) => void): Promise<void> {
  const [machine] = fleet.machines;
  if (machine === undefined) return;
  say(`\n$ picket status ${clusterName}`);
  say(shown(await fleet.picket('status', clusterName)));
  say(`$ picket certificates ${clusterName}`);
  say(shown(await fleet.picket('certificates', clusterName)));
  say('$ etcdctl member list');
  say(shown(await fleet.etcdctl(machine, 'member', 'list')));
  say('$ etcdctl endpoint status --cluster -w table');
  say(shown(await fleet.etcdctl(machine, 'endpoint', 'status', '--cluster', '-w', 'table')));
}

function shown({ stdout, stderr }: Finished): string {
  return `${stdout.trimEnd()}${stderr === '' ? '' : `\n${stderr.trimEnd()}`}\n`;
}

/** Lines to paste into another terminal while the demo runs. */
export function linesToPaste(fleet: Fleet, etcd: EtcdBinaries): string {
  const [machine] = fleet.machines;
  if (machine === undefined) return '';
  const file = (name: string): string => join(machine.etcDir, name);
  return `Paste into another terminal, from this folder:

  . ${file('etcdctl.sh')}
  ${etcd.etcdctl} member list
  ${etcd.etcdctl} put hello world
  curl --cacert ${file('ca.pem')} --cert ${file('client.pem')} --key ${file('client-key.pem')} ${machine.clientUrl}/health

  export PICKET_CONTEXT=${fleet.contextFile}
  npm run picket -- status ${clusterName}
  npm run picket -- events ${clusterName}

The etcd members run on without their agents and without the coordinator; kill one and watch its agent start it again.
Ctrl-C stops everything and removes ${fleet.folder}.`;
}
