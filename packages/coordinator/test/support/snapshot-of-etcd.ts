import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { minorOf } from '@picket/shared/etcd-version.ts';
import type { Test } from 'tap';
import { differencesOf } from '../../../../test/support/etcd-differences.ts';
import { freePort } from '../../../../test/support/ports.ts';
import { until } from '../../../../test/support/until.ts';

const run = promisify(execFile);

/**
 * A snapshot of an etcd that ran in the folder of this test, after these commands of etcdctl, such as `['put', 'a', 'b']`. The format of its
 * data has the version of that etcd.
 *
 * @param asUser etcdctl's flags for the user that takes it, if the commands have enabled authentication
 */
export async function snapshotOfEtcd(
  t: Test,
  { etcd, etcdctl, version }: { readonly etcd: string; readonly etcdctl: string; readonly version: string },
  commands: readonly (readonly string[])[] = [['put', 'a', 'b']],
  asUser: readonly string[] = [],
): Promise<string> {
  const folder = t.testdir();
  const [client, peer] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  const endpoint = `http://127.0.0.1:${client}`;
  const listening = ['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint];
  const peers = ['--listen-peer-urls', `http://127.0.0.1:${peer}`];
  const child = spawn(etcd, ['--data-dir', join(folder, 'data'), ...listening, ...peers], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  const said = (...args: readonly string[]) => run(etcdctl, ['--endpoints', endpoint, ...args]);
  await until('it serves', () => said('get', 'a').then(...yesOrNo), { within: 30_000, every: 50 });
  if (differencesOf(version).saysStorage)
    await until('its data has the format of its version', async () => {
      const answer = await fetch(`${endpoint}/v3/maintenance/status`, { method: 'POST', body: '{}' });
      const { storageVersion = '' } = (await answer.json()) as { readonly storageVersion?: string };
      return minorOf(storageVersion) === minorOf(version);
    });
  for (const command of commands) await said(...command);
  const path = join(folder, 'snapshot.db');
  await said(...asUser, 'snapshot', 'save', path);
  return path;
}

const yesOrNo = [() => true, () => false] as const;
