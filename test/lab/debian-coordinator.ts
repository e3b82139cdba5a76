import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { runToEnd, startInBackground } from '../support/children.ts';
import { type Programs, programs } from '../support/programs.ts';
import { until } from '../support/until.ts';
import type { Operator } from './installing.ts';
import { cluster } from './names.ts';
import { makeInstallFolder } from './product-layer.ts';
import type { SystemdMachine } from './systemd-machine.ts';

/** The name of the one member, which is the machine's host name. */
export const member = 'systemd-machine';

/** A coordinator of this machine that listens in the network of that one, whose only member is that machine. */
export interface Coordinator extends Operator {
  /** What it hands out, as it finds it when it starts. */
  readonly installDir: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function coordinatorFor(t: Test, machine: SystemdMachine): Promise<Coordinator> {
  const home = await mkdtemp(join(tmpdir(), 'picket-debian-'));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  const [installDir, config, context, log] = ['install', 'coordinator.yml', 'context.yml', 'log'].map((name) =>
    join(home, name),
  ) as [string, string, string, string];
  await mkdir(installDir);
  await makeInstallFolder(installDir);
  const settings = { hosts: '[127.0.0.1]', dataDir: join(home, 'data'), passphraseFile: join(home, 'passphrase') };
  const lines = Object.entries({ ...settings, installDir, reportSeconds: '2' }).map(
    ([key, value]) => `${key}: ${value}`,
  );
  await writeFile(config, `${lines.join('\n')}\n`);
  const program = (name: keyof Programs, ...args: readonly string[]) => {
    const [file, ...before] = machine.inNetwork();
    return [file, [...before, process.execPath, programs[name], ...args]] as const;
  };
  const must = async (file: string, args: readonly string[]) => {
    const ended = await runToEnd(file, args);
    if (ended.code !== 0) throw new Error(`${args.join(' ')} ended with ${ended.code}: ${ended.stdout}${ended.stderr}`);
    return ended;
  };
  await must(...program('coordinator', 'init', '--config', config, '--context', context));
  let running: ReturnType<typeof startInBackground> | undefined;
  const coordinator: Coordinator = {
    installDir,
    async start() {
      running = startInBackground(...program('coordinator', 'serve', '--config', config), log);
      const answers = () => coordinator.picket('cluster', 'list');
      await until('the coordinator answers', answers, { within: 60_000, lastSeen: () => running?.log() ?? '' });
    },
    async stop() {
      await running?.stop();
    },
    picket: (...args) => must(...program('cli', '--context', context, ...args)),
  };
  t.teardown(async () => {
    await coordinator.stop();
    if (!t.passing()) t.comment((await readFile(log, 'utf8')).split('\n').slice(-15).join('\n'));
  });
  await coordinator.start();
  await writeFile(join(home, 'hosts.csv'), `ip,name\n127.0.0.1,${member}\n`);
  const names = ['--hosts', join(home, 'hosts.csv'), '--domain', 'edge.huatai.me', '--service-name', 'etcd.huatai.me'];
  const timing = ['--heartbeat-ms', '100', '--election-ms', '1000'];
  await coordinator.picket('cluster', 'create', cluster, ...names, '--allow-loopback', ...timing);
  return coordinator;
}
