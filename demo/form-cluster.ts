import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { Fleet } from '../test/support/fleet.ts';
import { until } from '../test/support/until.ts';

export const clusterName = 'x-k3s';

/**
 * The main job, as an operator and three Pis would do it: one cluster from hosts.csv, one join each. Tells what
 * happens while it does, and resolves once every member is a healthy voter.
 */
export async function formCluster(fleet: Fleet, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const begun = Date.now();
  await fleet.startCoordinator();
  say(`✓ coordinator: ${fleet.url}`);
  await fleet.createCluster(clusterName, 'edge.huatai.me', 'etcd.edge.huatai.me');
  say(`✓ picket cluster create ${clusterName} --hosts hosts.csv --domain edge.huatai.me`);

  const token = await fleet.joinString(clusterName, '--uses', String(fleet.machines.length));
  say('✓ picket token create');
  for (const machine of fleet.machines) {
    signal.throwIfAborted();
    const joined = await machine.join(token);
    if (joined.code !== 0) throw new Error(`${machine.name} could not join:\n${joined.stderr}`);
    machine.startAgent();
    say(`✓ ${machine.name}: picket-agent join, picket-agent run`);
  }

  let last: ClusterStatusView | undefined;
  await until(
    'every member is a healthy voter',
    async () => {
      const status = await fleet.status(clusterName);
      for (const line of news(last, status)) say(line);
      last = status;
      return status.state === 'healthy';
    },
    { within: 120_000, every: 300, signal, lastSeen: () => JSON.stringify(last?.waitsFor) },
  );
  say(`✓ three healthy voters, ${((Date.now() - begun) / 1000).toFixed(1)} s after the coordinator was started`);
}

/** What has changed from one look to the next, a line each. */
function news(before: ClusterStatusView | undefined, now: ClusterStatusView): string[] {
  const lines: string[] = [];
  if (now.clusterId !== null && before?.clusterId !== now.clusterId) lines.push(`✓ cluster ID ${now.clusterId}`);
  for (const member of now.members) {
    const phase = before?.members.find(({ name }) => name === member.name)?.phase;
    if (member.phase === phase || member.phase === 'declared') continue;
    lines.push(`  ${member.name}: ${member.phase}${member.memberId === null ? '' : ` ${member.memberId}`}`);
  }
  for (const { message } of now.waitsFor) {
    if (before?.waitsFor.some((wait) => wait.message === message) !== true) lines.push(`    waits for ${message}`);
  }
  return lines;
}
