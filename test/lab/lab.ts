import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { ShorterWaits } from '../support/changed-coordinator.ts';
import type { Finished } from '../support/children.ts';
import { until } from '../support/until.ts';
import { makeBlankLayer } from './blank-layer.ts';
import { cannotRun } from './cannot-run.ts';
import { makeClockLayer } from './clock-layer.ts';
import { type LabCoordinator, makeCoordinator } from './lab-coordinator.ts';
import { type LabHost, makeHost } from './lab-host.ts';
import {
  cluster,
  domain,
  fiveHosts,
  fiveHostsFile,
  type HostName,
  hostsFile,
  hosts as seedHosts,
  serviceName,
} from './names.ts';
import { type Namespaces, openNamespaces } from './namespaces.ts';
import { layNetwork } from './network.ts';
import { makeInstallFolder, makeProductLayer } from './product-layer.ts';
import { ensureRootFileSystem } from './root-file-system.ts';
import type { Seam } from './seam.ts';
import { hideEtcdutl } from './without-etcdutl.ts';

export interface LabOptions {
  /** All that the lab writes lies below it; it must exist, and outlives the lab. */
  readonly folder: string;
  /** The hosts begin as a fresh Alpine: without Node.js, etcd or anything of Picket's. */
  readonly blank?: boolean;
  /** false: the hosts have no etcdutl, and an etcdctl that cannot restore, as an Alpine of today. */
  readonly etcdutl?: boolean;
  /**
   * The hosts are as a diskless Alpine: their root is in memory, and a boot has what `lbu commit` saved last. /var/lib/picket is on the
   * disk.
   */
  readonly diskless?: boolean;
  /** The clock of a host can be set: see `setClock`. */
  readonly clocks?: boolean;
  /** A text in one module of the product that is another in this lab; it occurs once, also in the agent as it is built. */
  readonly seam?: Seam;
  /** Five boards in place of three. */
  readonly five?: boolean;
  /** Waits of the controller that are shorter in this lab. */
  readonly waits?: ShorterWaits;
}

/** The seed's three boards, or five, and a coordinator, in a network that nothing leaves. */
export interface Lab {
  readonly folder: string;
  readonly coordinator: LabCoordinator;
  readonly hosts: readonly LabHost[];
  host(name: HostName): LabHost;
  /** Where programs of this machine run beside the hosts: at 192.168.7.1, with the hosts' /etc/hosts. */
  readonly outside: Pick<Namespaces, 'run' | 'must' | 'start' | 'enter' | 'seen'>;
  /** `picket ARGS…` on the coordinator's machine. */
  picket(...args: string[]): Promise<Finished>;
  /** `picket cluster create` with the seed's host list and names. */
  createCluster(options?: { readonly advertise?: 'ip' | 'name'; readonly args?: readonly string[] }): Promise<void>;
  joinString(...args: string[]): Promise<string>;
  status(): Promise<ClusterStatusView>;
  /** Resolves once `picket status` calls the cluster healthy, by reports made since this was asked. */
  healthy(within?: number, signal?: AbortSignal): Promise<void>;
  /** Ends everything in it and takes back its disks. */
  close(): Promise<void>;
}

/**
 * Makes the lab; the coordinator answers, and the hosts are switched off. When this process dies, by whatever signal,
 * nothing of the lab is left but its folder. Throws, with the reason, on a machine that cannot run it.
 */
export async function openLab(options: LabOptions): Promise<Lab> {
  const {
    folder,
    blank = false,
    etcdutl = true,
    diskless = false,
    clocks = false,
    five = false,
    seam,
    waits,
  } = options;
  if (cannotRun !== undefined) throw new Error(`The lab cannot run here: ${cannotRun}.`);
  const layer = join(folder, 'layer');
  const installDir = blank ? join(folder, 'install') : null;
  for (const made of [layer, installDir]) if (made !== null) await mkdir(made);
  const [root] = await Promise.all([
    ensureRootFileSystem(),
    installDir === null ? makeProductLayer(layer, seam) : makeInstallFolder(installDir),
  ]);
  if (blank) await makeBlankLayer(layer, root);
  if (!etcdutl) await hideEtcdutl(layer);
  if (diskless) await cp(join(import.meta.dirname, 'diskless'), layer, { recursive: true });
  if (clocks) await makeClockLayer(layer, root);
  const namespaces = await openNamespaces();
  try {
    await layNetwork(namespaces);
    await namespaces.must('mount', '--bind', join(root, 'etc/hosts'), '/etc/hosts');
    const layers = [layer, root];
    const [coordinator, ...hosts] = await Promise.all([
      makeCoordinator(namespaces, { folder, root, installDir, seam, waits }),
      ...(five ? fiveHosts : seedHosts).map(({ name, address }) =>
        makeHost({ name, address, lab: namespaces, layers, folder, diskless }),
      ),
    ]);
    await coordinator.start();
    return labOf(folder, namespaces, coordinator, hosts);
  } catch (error) {
    await namespaces.end();
    throw error;
  }
}

function labOf(folder: string, namespaces: Namespaces, coordinator: LabCoordinator, hosts: readonly LabHost[]): Lab {
  async function picket(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await coordinator.picket(...args);
    if (code !== 0) throw new Error(`picket ${args.join(' ')} failed:\n${stderr}`);
    return stdout.trim();
  }

  const lab: Lab = {
    folder,
    coordinator,
    hosts,
    host(name) {
      const host = hosts.find((one) => one.name === name);
      if (host === undefined) throw new Error(`The lab has no host ${name}.`);
      return host;
    },
    outside: namespaces,
    picket: coordinator.picket,
    async createCluster({ advertise = 'name', args = [] } = {}) {
      const file = hosts.length > seedHosts.length ? fiveHostsFile : hostsFile;
      const names = ['--hosts', file, '--domain', domain, '--service-name', serviceName, '--advertise', advertise];
      // The timing for SD cards would only make elections slow here.
      const timing = args.includes('--heartbeat-ms') ? [] : ['--heartbeat-ms', '100', '--election-ms', '1000'];
      await picket('cluster', 'create', cluster, ...names, ...timing, ...args);
    },
    joinString: (...args) => picket('token', 'create', cluster, '--quiet', ...args),
    status: () => coordinator.status(cluster),
    async healthy(within = 90_000, signal) {
      const asked = Date.now();
      let last = '';
      const look = async () => {
        const { state, waitsFor, members } = await lab.status();
        last = JSON.stringify({ state, waitsFor });
        // A report from before says nothing of what befell the member since.
        return state === 'healthy' && members.every(({ reportedAt }) => Date.parse(reportedAt ?? '') >= asked);
      };
      await until('the cluster is healthy', look, {
        within,
        every: 500,
        lastSeen: () => last,
        ...(signal === undefined ? {} : { signal }),
      });
    },
    async close() {
      await coordinator.stop();
      await Promise.all(hosts.map((host) => host.close()));
      await namespaces.end();
    },
  };
  return lab;
}
