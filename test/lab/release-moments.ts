import { readdirSync, readFileSync } from 'node:fs';
import { until } from '../support/until.ts';
import type { LabHost } from './lab-host.ts';

const state = '/var/lib/picket';

/** Takes all releases from its disk. Its agent may remove or fetch one at the same moment. */
export async function withoutReleases(host: LabHost): Promise<void> {
  const removed = async () => (await host.run(`rm -rf ${state}/releases`)).code === 0;
  await until(`${host.name} has no release`, removed);
}

/** Whether a part of a release lies on its disk, which is still being fetched. */
export function isFetching(host: LabHost): boolean {
  return filesOfReleases(host).some((name) => name.endsWith('.part'));
}

/** Whether a whole release lies on its disk. */
export function isWhole(host: LabHost): boolean {
  return filesOfReleases(host).some((name) => name.endsWith('/etcdutl'));
}

/** Whether the definition of its service names a release. */
export function definesRelease(host: LabHost): boolean {
  return /^ETCD_BINARY="\/var\/lib\/picket\/releases\//m.test(read(host, '/etc/conf.d/etcd'));
}

/** Whether the journal of its agent says that a release was started. */
export function recordsRelease(host: LabHost): boolean {
  const journal = JSON.parse(read(host, `${state}/journal.json`) || '{}') as { startedWith?: { program?: object } };
  return journal.startedWith?.program !== undefined;
}

function filesOfReleases(host: LabHost): readonly string[] {
  try {
    return readdirSync(host.seen(`${state}/releases`), { recursive: true }).map(String);
  } catch {
    return [];
  }
}

function read(host: LabHost, path: string): string {
  try {
    return readFileSync(host.seen(path), 'utf8');
  } catch {
    return '';
  }
}
