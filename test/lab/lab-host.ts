import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Background, type Finished, runToEnd } from '../support/children.ts';
import { until } from '../support/until.ts';
import { coordinatorUrl, type HostName } from './names.ts';
import { type Namespaces, onlyChild } from './namespaces.ts';
import { type Cable, type Cut, cable } from './network.ts';
import { openDisk, type PowerCutDisk } from './power-cut-disk.ts';

export interface HostRunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** One of the boards. It stands there switched off until `boot`. */
export interface LabHost {
  readonly name: HostName;
  readonly address: string;
  /** What was said on its console, over all its boots. */
  readonly consoleFile: string;
  readonly disk: PowerCutDisk;
  /** The pid, on this machine, of the host's init; null while the host is off. */
  readonly init: number | null;
  /** Switches it on; resolves when OpenRC has reached its default runlevel. */
  boot(): Promise<void>;
  /** Runs a shell command, or a program with its arguments (a list), on the host as root. Its environment is `env` and the usual. */
  run(command: string | readonly string[], options?: HostRunOptions): Promise<Finished>;
  /** As `run`; throws with what was said unless it ends with 0; gives back what was written, without the last line's end. */
  must(command: string | readonly string[], options?: HostRunOptions): Promise<string>;
  /** The command line that runs a program on the host. */
  enter(): readonly string[];
  /** Under which path this process finds what the running host has at `path`. */
  seen(path: string): string;
  /** Under which path this process finds what the host has written at `path`, also while it is off. Of a diskless host: its state. */
  written(path: string): string;
  /** Kills all its processes at once; whatever they wrote is kept. */
  powerOff(): Promise<void>;
  /** All its processes end, and so does what had not reached its disk; its peers hear nothing of it. It is off then. */
  powerCut(): Promise<void>;
  /** A new SD card: all that the host ever wrote is gone. It is off then. */
  newDisk(): Promise<void>;
  cutNetwork(cut?: Cut): Promise<void>;
  /** Mends this cut alone, or all. */
  healNetwork(cut?: Cut): Promise<void>;
  /** Leaves not one free block. */
  fillDisk(): Promise<void>;
  freeDisk(): Promise<void>;
  /** `picket-agent join ARGS…` with PICKET_JOIN. */
  join(joinString: string, ...args: string[]): Promise<Finished>;
  /** Adds the agent to the default runlevel and starts it. */
  startAgent(): Promise<void>;
  /** etcdctl as an operator on the host has it: with /etc/profile.d/etcdctl.sh. */
  etcdctl(...args: string[]): Promise<Finished>;
  processes(): Promise<readonly HostProcess[]>;
  /** Switches it off and gives its disk back. */
  close(): Promise<void>;
}

export interface HostProcess {
  /** As the host numbers it. */
  readonly pid: number;
  readonly user: string;
  /** With its arguments. */
  readonly command: string;
}

export interface LabHostPlace {
  readonly name: HostName;
  readonly address: string;
  readonly lab: Namespaces;
  /** The folders, uppermost first, of what every host has. */
  readonly layers: readonly string[];
  /** For the host's disk and console. */
  readonly folder: string;
  /** Its root is in memory. */
  readonly diskless?: boolean;
}

const bootHost = join(import.meta.dirname, 'boot-host.sh');
const bootMs = 60_000;
/** Longer than anything takes there on a busy machine: what hangs is to be named before its test gives up. */
const longestMs = 120_000;
const diskMiB = 1024;
const usual = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', TERM: 'linux' };
const filler = '/var/filler';
const stateDir = '/var/lib/picket';

/** Makes the host's disk and cable; boots nothing. */
export async function makeHost({
  name,
  address,
  lab,
  layers,
  folder,
  diskless = false,
}: LabHostPlace): Promise<LabHost> {
  const home = join(folder, name);
  const [mountPoint, root] = [join(home, 'disk'), join(home, 'root')];
  const consoleFile = join(home, 'console.log');
  for (const path of [mountPoint, root]) await mkdir(path, { recursive: true });
  const disk = await openDisk({ folder: home, name, sizeMiB: diskMiB, run: lab.run });
  await disk.mount(mountPoint);
  const wire: Cable = cable(lab, name);
  let booted: { readonly init: number; readonly namespaces: Background } | null = null;

  /** Also null once the host has ended, as by `poweroff`. */
  const running = () => (booted?.namespaces.running ? booted : null);

  function on() {
    const now = running();
    if (now === null) throw new Error(`${name} is switched off.`);
    return now;
  }

  const seen = (path: string) => join(`/proc/${on().init}/root`, path);
  const enter = () => ['nsenter', `--target=${on().init}`, '--mount', '--pid', '--net', '--uts', '--ipc'];

  const run: LabHost['run'] = async (command, { env, input } = {}) => {
    const [program, ...before] = enter();
    const line = typeof command === 'string' ? ['sh', '-c', command] : command;
    return runToEnd(program as string, [...before, ...line], {
      env: { ...usual, ...env },
      bare: true,
      within: longestMs,
      ...(input === undefined ? {} : { input }),
    });
  };

  const must: LabHost['must'] = async (command, options) => {
    const { code, stdout, stderr } = await run(command, options);
    if (code === 0) return stdout.trimEnd();
    // Not the environment, which may hold a join string.
    throw new Error(`on ${name}, ${JSON.stringify(command)} ended with ${code}:\n${stdout}${stderr}`);
  };

  async function powerOff(): Promise<void> {
    const now = running();
    booted = null;
    if (now !== null) {
      process.kill(now.init, 'SIGKILL');
      await now.namespaces.ended;
    }
    await wire.pullOut();
  }

  return {
    name,
    address,
    consoleFile,
    disk,
    get init() {
      return running()?.init ?? null;
    },
    async boot() {
      if (running() !== null) throw new Error(`${name} is running already.`);
      await powerOff();
      await wire.plugIn();
      const own = ['--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child'];
      const writes = diskless ? 'memory' : 'disk';
      const args = [...own, 'sh', bootHost, name, layers.join(':'), mountPoint, root, writes];
      const started = await lab.start('unshare', args, consoleFile, { network: name });
      booted = { init: await onlyChild(started.pid), namespaces: started };
      const reached = async () => {
        if (!started.running) throw new Error('it ended');
        return (await run(['test', '-e', '/run/lab-booted'])).code === 0;
      };
      const lastSeen = () => started.log().slice(-2000);
      await until(`${name} has booted`, reached, { within: bootMs, every: 50, lastSeen });
    },
    run,
    must,
    enter,
    seen,
    written(path) {
      const kept = diskless ? join('state', relative(stateDir, path)) : join('upper', path);
      return lab.seen(join(mountPoint, kept));
    },
    powerOff,
    async powerCut() {
      const { init } = on();
      // All at once, as `kill -1` does it, and then init, which that spares.
      await must('kill -STOP -1');
      process.kill(init, 'SIGSTOP');
      const snapshot = await disk.snapshot();
      await wire.pullOut();
      await powerOff();
      await disk.replaceBy(snapshot);
    },
    async newDisk() {
      await powerOff();
      await disk.wipe();
    },
    cutNetwork: (cut = 'both') => wire.cut(cut),
    healNetwork: wire.heal,
    async fillDisk() {
      // Most of it at once; then the rest, until a sync does not show that less was needed than had been set aside; and
      // what an etcd that ends gives back.
      await must(`fallocate -l $(df -k / | awk 'END { print $4 - 1024 }')K ${filler}`);
      const fill = `cat /dev/zero >> ${filler}.rest; sync -f /; echo >> ${filler}.rest`;
      await must(`while ${fill}; do :; done 2>/dev/null`);
      await must(`(while [ -e ${filler} ]; do ${fill}; sleep 0.2; done) > /dev/null 2>&1 &`);
    },
    async freeDisk() {
      await must(`rm -f ${filler}`);
      const ended = async () => (await run(`ps -o args | grep -q '[z]ero >> ${filler}'`)).code !== 0;
      await until('nothing fills the disk', ended, { within: 30_000 });
      await must(`rm -f ${filler}.rest && sync -f /`);
    },
    join: (joinString, ...args) =>
      run(['picket-agent', 'join', '--coordinator', coordinatorUrl, ...args], { env: { PICKET_JOIN: joinString } }),
    // rc-update syncs nothing: without that, power that fails within seconds takes the agent out of the boot again.
    startAgent: async () =>
      void (await must('rc-update add picket-agent default && rc-service picket-agent start && sync -f /')),
    etcdctl: (...args) => run(['sh', '-c', '. /etc/profile.d/etcdctl.sh && exec etcdctl "$@"', 'etcdctl', ...args]),
    async processes() {
      const lines = (await must('ps -o pid,user,args')).split('\n').slice(1);
      return lines.flatMap((line) => {
        const [, pid, user, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
        // No kernel thread is in a host's own PID namespace: brackets name what has ended and waits for its parent.
        return pid === undefined || command?.startsWith('[')
          ? []
          : [{ pid: Number(pid), user: user as string, command: command as string }];
      });
    },
    async close() {
      await powerOff();
      await disk.close();
    },
  };
}
