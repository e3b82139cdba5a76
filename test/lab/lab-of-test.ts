import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Lab, type LabOptions, openLab } from './lab.ts';

const logs = ['/var/log/picket/agent.log', '/var/log/etcd/etcd.log', '/var/log/messages'];

/** A lab for one test: everything in it goes with the test, and what its programs said is shown if it fails. */
export async function labOf(
  t: Test,
  options: Pick<LabOptions, 'blank' | 'clocks' | 'diskless' | 'etcdutl' | 'seam' | 'waits'> = {},
): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), 'picket-lab-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const lab = await openLab({ folder, ...options });
  t.teardown(async () => {
    if (!t.passing()) await showLogs(t, lab);
    await lab.close();
  });
  return lab;
}

/** Boots the hosts, lets them join and starts their agents; all at the same time. */
export async function joinAll(lab: Lab, hosts = lab.hosts): Promise<void> {
  const token = await lab.joinString('--uses', String(hosts.length));
  await Promise.all(
    hosts.map(async (host) => {
      if (host.init === null) await host.boot();
      const joined = await host.join(token);
      if (joined.code !== 0) throw new Error(`${host.name} could not join:\n${joined.stdout}${joined.stderr}`);
      await host.startAgent();
    }),
  );
}

async function showLogs(t: Test, lab: Lab): Promise<void> {
  const show = (what: string, text: string) =>
    t.comment(`the end of ${what}:\n${text.trimEnd().split('\n').slice(-40).join('\n')}`);
  const read = (file: string) => readFile(file, 'utf8').catch(() => '(none)');
  show('the coordinator’s log', await read(lab.coordinator.logFile));
  for (const host of lab.hosts) {
    show(`the console of ${host.name}`, await read(host.consoleFile));
    for (const log of logs) show(`${log} on ${host.name}`, await read(host.written(log)));
  }
}
