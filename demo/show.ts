import { dirname, join } from 'node:path';
import type { Finished } from '../test/support/children.ts';
import type { EtcdBinaries } from '../test/support/etcd-binaries.ts';
import type { Fleet } from '../test/support/fleet.ts';
import { programs } from '../test/support/programs.ts';
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

/** Lines to paste into another terminal while the demo runs: to look at the cluster, and to kill a part of it. */
export function linesToPaste(fleet: Fleet, etcd: EtcdBinaries): string {
  const [first, second, third] = fleet.machines;
  if (first === undefined || second === undefined || third === undefined) return '';
  const file = (name: string): string => join(first.etcDir, name);
  const folders = [programs.cli, process.execPath, etcd.etcdctl].map((program) => dirname(program));
  return `Paste into another terminal:

  ${beforePath(folders)}
  export PICKET_CONTEXT=${fleet.contextFile}
  . ${file('etcdctl.sh')}

Look at the cluster:

  picket status ${clusterName}
  picket events ${clusterName}
  etcdctl member list
  etcdctl put hello world
  curl --cacert ${file('ca.pem')} --cert ${file('client.pem')} --key ${file('client-key.pem')} ${first.clientUrl}/health

Kill an etcd. Its agent restarts it, and \`picket status\` counts the restart under Notices:

  pkill -KILL -f -- --config-file=${second.etcDir}/
  picket status ${clusterName}

Freeze an etcd, so that it does not come back. In half a minute, this terminal shows a message about it. Then look for the cause:

  pkill -STOP -f -- --config-file=${second.etcDir}/
  picket events ${clusterName} --follow
  picket diagnose ${clusterName}

Let it go on. This terminal shows that it is over:

  pkill -CONT -f -- --config-file=${second.etcDir}/

Kill an agent. Its etcd goes on. \`picket status\` shows the health of ${third.name} as unknown when its last report is older
than 35 s. The third line starts the agent again:

  kill -KILL ${third.agent()?.pid}
  etcdctl endpoint health --cluster
  picket-agent run --config ${third.configFile} >>${join(fleet.folder, third.name, 'agent.log')} 2>&1 &

Kill the coordinator. etcd and the agents go on; only \`picket\` has nobody to ask. The third line starts the coordinator again:

  kill -KILL ${fleet.coordinator()?.pid}
  etcdctl put hello again
  picket-coordinator serve --config ${join(fleet.folder, 'coordinator.yml')} >>${join(fleet.folder, 'coordinator.log')} 2>&1 &

Ctrl-C in this terminal stops everything and removes ${fleet.folder}.`;
}

/** The line of a shell by which programs in these folders are found first: a checkout may have a space in its path. */
export function beforePath(folders: readonly string[]): string {
  return `export PATH='${folders.join(':').replaceAll("'", "'\\''")}':"$PATH"`;
}
