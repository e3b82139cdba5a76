import { basename } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { isOurs } from '@picket/shared/etcd-config/render.ts';
import { isLoopback } from '@picket/shared/names.ts';
import { problemList } from '@picket/shared/problems.ts';
import type { HostFiles } from '../host/host.ts';
import type { Inspection } from '../host/inspection.ts';
import { readForeignConf } from '../model/foreign-conf.ts';
import { fileNames, purposes } from '../model/managed-files.ts';

interface ForeignEtcdOptions {
  readonly etcDir: string;
  /** True if this machine has joined or begun to: the files in `etcDir` may then be this agent's own. */
  readonly joined: boolean;
  /** Other files in `etcDir` that this agent has written. */
  readonly own?: readonly string[];
  /** See `ownsMachine`: otherwise only `etcDir` is checked. */
  readonly wholeMachine: boolean;
  /** Where packages put etcd's data. */
  readonly packagedDataDir?: string;
  readonly ports?: readonly number[];
  /** Where the init systems keep what they start at boot. */
  readonly systemdFolder?: string;
  readonly runlevelsFolder?: string;
}

type Machine = Pick<Inspection, 'processes' | 'listeners' | 'holderOf'>;

/**
 * Throws `foreign_etcd` if this machine has an etcd that Picket did not make (R13), with everything that was found: a
 * conf.yml, certificates, data, a process, listeners, a service that starts at boot. It only reads.
 */
export async function checkForeignEtcd(machine: Machine, files: HostFiles, options: ForeignEtcdOptions): Promise<void> {
  const { etcDir, wholeMachine, own = [], packagedDataDir = '/var/lib/etcd', ports = [2379, 2380] } = options;
  const found = [
    ...(await foreignFiles(files, `${etcDir}/conf.yml`, wholeMachine ? packagedDataDir : null)),
    ...(options.joined ? [] : await foreignCredentials(files, etcDir, own)),
    ...(wholeMachine ? await foreignProcesses(machine, files, ports) : []),
    ...(wholeMachine && !options.joined ? await enabledServices(files, options) : []),
  ];
  if (found.length > 0) throw failure('foreign_etcd', { found: problemList(found) });
}

async function foreignFiles(files: HostFiles, confFile: string, packagedDataDir: string | null): Promise<string[]> {
  const found: string[] = [];
  const dataDirs = new Set(packagedDataDir === null ? [] : [packagedDataDir]);
  const text = await files.read(confFile);
  if (text !== null && !isOurs(text)) {
    const conf = readForeignConf(text);
    if (!conf.isSample) found.push(`the configuration ${confFile}`);
    if (conf.dataDir !== null) dataDirs.add(conf.dataDir);
  }
  for (const dataDir of dataDirs) {
    // Every ext4 file system has a lost+found at its root, and a data directory may be such a root.
    const held = (await files.list(dataDir)).filter((name) => name !== 'lost+found');
    if (held.length > 0) found.push(`data in ${dataDir}`);
  }
  return found;
}

/** Files under the names that Picket writes exist already, and no agent here has written them. */
async function foreignCredentials(files: HostFiles, etcDir: string, own: readonly string[]): Promise<string[]> {
  const { conf: _conf, ...rest } = fileNames({ etcDir });
  const ours = [...Object.values(rest), ...purposes.map((purpose) => `${etcDir}/${purpose}.pem`)];
  const there = new Set(await files.list(etcDir));
  const foreign = ours.filter((path) => there.has(basename(path)) && !own.includes(path));
  return foreign.map((path) => `the file ${path}`);
}

/** A service that is enabled and stopped would start at the next boot, beside Picket's. */
async function enabledServices(files: HostFiles, options: ForeignEtcdOptions): Promise<string[]> {
  const { systemdFolder = '/etc/systemd/system', runlevelsFolder = '/etc/runlevels' } = options;
  const found: string[] = [];
  for (const [root, name, counts] of [
    [systemdFolder, 'etcd.service', (folder: string) => folder.endsWith('.wants')],
    [runlevelsFolder, 'etcd', () => true],
  ] as const) {
    for (const folder of await files.list(root)) {
      if (counts(folder) && (await files.list(`${root}/${folder}`)).includes(name))
        found.push(`the service that ${root}/${folder}/${name} starts at boot`);
    }
  }
  return found;
}

async function foreignProcesses(machine: Machine, files: HostFiles, ports: readonly number[]): Promise<string[]> {
  const found: string[] = [];
  const ours = new Set<string>();
  for (const { pid, argv } of await machine.processes((args) => basename(args[0] ?? '') === 'etcd')) {
    const who = `etcd (pid ${pid})`;
    if (await runsOurs(files, argv)) ours.add(who);
    else found.push(`the process ${argv.slice(0, 3).join(' ').slice(0, 200)} (pid ${pid})`);
  }
  for (const listener of await machine.listeners()) {
    if (!ports.includes(listener.port) || isLoopback(listener.address)) continue;
    const holder = await machine.holderOf(listener);
    if (!ours.has(holder)) found.push(`${holder} listening on port ${listener.port} of ${listener.address}`);
  }
  return found;
}

/** True if an etcd runs with a conf.yml that Picket wrote, this agent's or another's on the same machine. */
async function runsOurs(files: HostFiles, argv: readonly string[]): Promise<boolean> {
  const confFile = argv.find((argument) => argument.startsWith('--config-file='))?.slice('--config-file='.length);
  if (confFile === undefined) return false;
  const text = await files.read(confFile);
  return text !== null && isOurs(text);
}
