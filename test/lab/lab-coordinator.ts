import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import { impatientCoordinator, type ShorterWaits } from '../support/changed-coordinator.ts';
import { type Background, type Finished, runToEnd } from '../support/children.ts';
import { programs, sources } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { coordinatorAddress, coordinatorName } from './names.ts';
import type { Namespaces } from './namespaces.ts';
import { cable, giveAddress } from './network.ts';
import { type Seam, seamArguments, seamEnvironment } from './seam.ts';
import { statusReader } from './status-reader.ts';

/** The coordinator on a machine of its own in the lab's network; its files are this machine's. */
export interface LabCoordinator {
  readonly logFile: string;
  /** Null while it is stopped. */
  readonly process: Background | null;
  /** Starts it, with a failpoint on request, and resolves once it answers. */
  start(failpoint?: string): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** `picket` still reaches it: that runs on the same machine. */
  cutNetwork(): Promise<void>;
  healNetwork(): Promise<void>;
  /** `picket ARGS…` */
  picket(...args: string[]): Promise<Finished>;
  /** The command line of `picket ARGS…`, and the one that enters its machine. */
  picketLine(...args: readonly string[]): { readonly enter: readonly string[]; readonly line: readonly string[] };
  /** What Prometheus gets on the same machine. */
  scrape(): Promise<string>;
  /** As `picket status --output json` shows it. */
  status(cluster: string): Promise<ClusterStatusView>;
}

const network = 'coordinator';

export interface LabCoordinatorPlace {
  /** The lab's. */
  readonly folder: string;
  /** The hosts' file system, whose curl asks for its health. */
  readonly root: string;
  /** What it hands out to machines that are to become nodes; null: nothing. */
  readonly installDir: string | null;
  /** With it the coordinator runs from its sources. */
  readonly seam?: Seam | undefined;
  readonly waits?: ShorterWaits | undefined;
}

/** Does what an operator does before the first start. */
export async function makeCoordinator(lab: Namespaces, place: LabCoordinatorPlace): Promise<LabCoordinator> {
  const { folder, root, installDir, seam, waits } = place;
  const home = join(folder, 'coordinator');
  const configFile = join(home, 'coordinator.yml');
  const contextFile = join(home, 'context.yml');
  const logFile = join(home, 'coordinator.log');
  const wire = cable(lab, network);
  let running: Background | null = null;

  await mkdir(home);
  const built = waits === undefined ? programs.coordinator : await impatientCoordinator(join(home, 'program'), waits);
  await writeFile(
    configFile,
    [
      `hosts: [${coordinatorAddress}, ${coordinatorName}]`,
      `dataDir: ${join(home, 'data')}`,
      `passphraseFile: ${join(home, 'ca-passphrase')}`,
      'reportSeconds: 2',
      ...(installDir === null ? [] : [`installDir: ${installDir}`]),
      '',
    ].join('\n'),
  );
  const init = [programs.coordinator, 'init', '--config', configFile, '--context', contextFile];
  const made = await runToEnd(process.execPath, init);
  if (made.code !== 0) throw new Error(`picket-coordinator init failed:\n${made.stdout}${made.stderr}`);

  await wire.plugIn();
  await giveAddress(lab, network, coordinatorAddress);

  const picket = [programs.cli, '--context', contextFile];
  const curl = (path: string) =>
    lab.run(
      'chroot',
      [root, 'curl', '--silent', '--fail', '--insecure', '--max-time', '2', `https://127.0.0.1:7443${path}`],
      {
        network,
      },
    );
  return {
    logFile,
    get process() {
      return running?.running ? running : null;
    },
    async start(failpoint) {
      const env = { ...(failpoint === undefined ? {} : { PICKET_FAILPOINT: failpoint }), ...seamEnvironment(seam) };
      const program = seam === undefined ? [built] : [...seamArguments, sources.coordinator];
      const args = [...program, 'serve', '--config', configFile];
      const started = await lab.start(process.execPath, args, logFile, { network, env });
      running = started;
      const answers = async () => !started.running || (await curl('/healthz')).code === 0;
      const lastSeen = () => started.log().slice(-2000);
      await until('the coordinator answers', answers, { within: 30_000, every: 50, lastSeen });
      if (!started.running) throw new Error(`the coordinator ended:\n${lastSeen()}`);
    },
    async stop(signal) {
      await running?.stop(signal);
    },
    async scrape() {
      const { code, stdout, stderr } = await curl('/metrics');
      if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`);
      return stdout;
    },
    status: statusReader(lab.enter(network), contextFile),
    cutNetwork: () => wire.cut('both'),
    healNetwork: () => wire.heal(),
    picket: (...args) => lab.run(process.execPath, [...picket, ...args], { network }),
    picketLine: (...args) => ({ enter: lab.enter(network), line: [process.execPath, ...picket, ...args] }),
  };
}
