import { readFile } from 'node:fs/promises';
import type { Test } from 'tap';
import type { ReleaseFile } from '../support/altered-release.ts';
import { until } from '../support/until.ts';
import { etcdPid } from './installing.ts';
import type { Lab } from './lab.ts';
import type { LabHost } from './lab-host.ts';
import { cluster } from './names.ts';

/** For a machine that has much else to do. */
export const patienceMs = 240_000;

/** The release store has it. */
export async function added(t: Test, lab: Lab, { file, sha256 }: ReleaseFile): Promise<void> {
  const { code, stderr } = await lab.picket('release', 'add', file, '--sha256', sha256);
  t.equal(code, 0, stderr);
}

/** All members run this version, and each was restarted once. */
export async function moved(lab: Lab, source: string, version: string): Promise<void> {
  const before = await Promise.all(lab.hosts.map(etcdPid));
  const set = await lab.picket('cluster', 'set', cluster, `etcd=${source}`);
  if (set.code !== 0) throw new Error(set.stderr);
  let seen = '';
  const all = async () => {
    const { members, state } = await lab.status();
    const pids = await Promise.all(lab.hosts.map(etcdPid));
    seen = JSON.stringify({ state, pids });
    return (
      state === 'healthy' &&
      pids.every((pid, index) => pid !== null && pid !== before[index]) &&
      members.every(({ status }) => status?.etcd?.version === version && !status.service.restartPending)
    );
  };
  await until(`all members run etcd ${version} from the ${source}`, all, {
    within: patienceMs * 2,
    every: 1000,
    lastSeen: () => seen,
  });
  await lab.healthy(patienceMs);
}

/** The path of the etcd that runs on this host. */
export async function binaryOf(host: LabHost): Promise<string> {
  const pid = await etcdPid(host);
  return (await readFile(host.seen(`/proc/${pid}/cmdline`), 'utf8')).split('\0')[0] ?? '';
}
