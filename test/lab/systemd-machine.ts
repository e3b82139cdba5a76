import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Finished, runToEnd } from '../support/children.ts';
import { hasDebianPackages, unpackDebianPrograms } from '../support/debian-packages.ts';
import { givenEtcd } from '../support/etcd-binaries.ts';
import { until } from '../support/until.ts';
import { replaceEtcd } from './root-file-system.ts';

/** A machine of its own with Debian's systemd as its first process, and a network that leads nowhere unless it is given one. */
export interface SystemdMachine {
  /** A folder of this machine and of that one, under the same path in both. */
  readonly folder: string;
  /** The paths of programs that are those of that machine. */
  readonly programs: { readonly systemctl: string; readonly journalctl: string };
  /** The user etcd of that machine, unless it has a system of its own. */
  readonly etcd: { readonly uid: number; readonly gid: number };
  /** Under which path this process finds what lies there at `path`. */
  seen(path: string): string;
  run(file: string, ...args: readonly string[]): Promise<Finished>;
  /** The command line that runs a program of this machine in the network of that one, as it is since its last start. */
  inNetwork(): readonly [string, ...string[]];
  /** Ends everything on it at once, and starts it again; what it wrote to its disk is there still. */
  powerCycle(): Promise<void>;
  end(): Promise<void>;
}

// dash and what follows are on every Debian: `systemctl enable` runs scripts for a package that brings an init script as
// well. libstdc++6 is what Node.js needs.
const packages = [
  ...['systemd', 'etcd-server', 'etcd-client', 'dash', 'perl-base', 'util-linux'],
  ...['coreutils', 'libstdc++6'],
];
const executables = ['systemctl', 'journalctl', 'systemd-analyze', 'etcd', 'etcdctl', 'sh', 'perl', 'getopt', 'chown'];
const etcd = { uid: 450, gid: 450 };

const probe = 'mount -t cgroup2 none /mnt && mkdir /mnt/picket-probe-$$ && rmdir /mnt/picket-probe-$$';

const why = await (async (): Promise<string | undefined> => {
  if (process.platform !== 'linux') return 'systemd runs on Linux only';
  if (process.getuid?.() !== 0) return 'only root may give a systemd control groups of its own';
  const { status, stderr } = spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', probe]);
  if (status !== 0) return `no control group can be made here: ${String(stderr ?? 'no unshare').trim()}`;
  return (await hasDebianPackages(process.env))
    ? undefined
    : 'the machine is made of Debian packages, and no apt is here';
})();

// A driver that was never tried must not look like one that works.
if (why !== undefined && process.env.CI === 'true') throw new Error(`The systemd tests cannot run: ${why}.`);

/** Options of a test that starts such a machine: it is skipped where that is not possible, except in CI, which fails. */
export const systemdNeeded = why === undefined ? {} : { skip: why };

// The holder does as its standard input says, and cleans up at the end of that, so also when this process dies. Only the
// mounts in its own namespace and a control group are outside of the machine.
const holder = `
  set -eu
  mount -t tmpfs tmpfs /mnt
  mkdir /mnt/upper /mnt/work /mnt/root /mnt/cgroup
  mount -t overlay overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
  cd /mnt/root
  for folder in bin sbin lib lib64; do [ -e $folder ] || ln -s usr/$folder $folder; done
  mkdir -p dev mnt proc run sys tmp var/lib var/log etc/systemd/system ".$2"
  chmod 1777 tmp
  # The shared folder lies in the one /tmp, and must not be hidden by another.
  ln -s /dev/null etc/systemd/system/tmp.mount
  : >etc/machine-id
  : >etc/fstab
  echo '127.0.0.1 localhost' >etc/hosts
  # A system that dpkg has installed brings its own.
  if [ ! -e etc/passwd ]; then
    printf 'root:x:0:0:::\\netcd:x:${etcd.uid}:${etcd.gid}:::\\n' >etc/passwd
    printf 'root:x:0:\\netcd:x:${etcd.gid}:\\n' >etc/group
  fi
  mount -t cgroup2 cgroup2 /mnt/cgroup
  group=/mnt/cgroup/picket-$$
  mkdir $group
  init=
  cut() {
    [ -n "$init" ] || return 0
    kill -KILL $init || true
    wait $init 2>/dev/null || true
    init=
    # The last of its processes may take a moment to be gone.
    while grep -q 'populated 1' $group/cgroup.events; do sleep 0.02; done
    find $group -mindepth 1 -depth -type d -exec rmdir {} +
  }
  trap '' PIPE
  trap 'cut; rmdir $group' EXIT
  while read -r order; do
    cut
    [ "$order" = boot ] || continue
    sh -c 'echo $$ >$1/cgroup.procs
      if [ -n "$4" ]; then enter="nsenter --net=$4" own=; else enter= own=--net; fi
      exec $enter unshare --pid --fork --kill-child --uts --ipc $own --cgroup --mount \\
        env -i container=picket PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -ec "$2" boot "$3"' boot $group "$3" "$2" "$4" &
    init=$!
    echo $init
  done`;

const boot = `
  hostname systemd-machine
  cd /mnt/root
  mount --bind /mnt/root /mnt/root
  cd /mnt/root
  mount --bind "$1" ".$1"
  mount -t proc proc proc
  mount -t sysfs -o ro sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs -o mode=755 tmpfs dev
  for node in null zero full random urandom tty; do : >dev/$node; mount --bind /dev/$node dev/$node; done
  ln -s /proc/self/fd dev/fd
  # Services with PrivateDevices get these as well.
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
  mount -t tmpfs -o mode=1777 tmpfs dev/shm
  ln -s pts/ptmx dev/ptmx
  pivot_root . mnt
  umount -l /mnt
  exec /usr/lib/systemd/systemd --log-target=console --show-status=no --unit=multi-user.target`;

async function unpackedRoot(): Promise<string> {
  const unpacked = await unpackDebianPrograms(
    { name: 'systemd-machine', packages, executables, dependencies: true },
    { env: process.env, say: console.error },
  );
  if (unpacked === undefined) throw new Error('The machine is made of Debian packages, and there is no apt here.');
  return dirname(dirname(unpacked));
}

/** The layers of a root with the etcd of PICKET_ETCD_DIR; the root alone if there is none. */
async function withGivenEtcd(root: string, layer: string): Promise<string> {
  const given = await givenEtcd(process.env);
  if (given === null) return root;
  await replaceEtcd(layer, given);
  return `${layer}:${root}`;
}

interface SystemdMachineOptions {
  /**
   * The root of the machine, which is left as it is. Without it, the machine has packages that were unpacked and not installed, and
   * Debian's etcd or that of PICKET_ETCD_DIR.
   */
  readonly system?: string;
  /** The path of the network namespace that it starts in. */
  readonly network?: string;
}

/** For root on Linux with apt. It has started once this resolves. */
export async function startSystemdMachine({ system, network }: SystemdMachineOptions = {}): Promise<SystemdMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'picket-systemd-'));
  await chmod(folder, 0o755);
  const root = system ?? (await withGivenEtcd(await unpackedRoot(), join(folder, 'given')));
  const child = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', holder, 'holder', root, folder, boot, network ?? ''],
    // A session of its own: what ends this process and its group must not keep it from cleaning up.
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  );
  const ended = once(child, 'exit');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const programs = { systemctl: join(folder, 'systemctl'), journalctl: join(folder, 'journalctl') };
  let enter: readonly string[] = [];
  let init = 0;

  const run = (file: string, ...args: readonly string[]) => runToEnd('nsenter', [...enter, file, ...args]);

  async function start(): Promise<void> {
    child.stdin.write('boot\n');
    const { value } = await answers.next();
    const parent = Number(value);
    if (!(parent > 0)) throw new Error('The machine could not be made; what failed was said above.');
    init = await until('the machine’s first process', () => firstChildOf(parent), { within: 10_000 });
    enter = [
      `--target=${init}`,
      ...['mount', 'pid', 'cgroup', 'uts', 'ipc', 'net', 'root', 'wd'].map((ns) => `--${ns}`),
    ];
    for (const path of Object.values(programs)) {
      const script = `#!/bin/sh\nexec nsenter ${enter.join(' ')} /usr/bin/${basename(path)} "$@"\n`;
      await writeFile(path, script, { mode: 0o755 });
    }
    // Some of its services fail without hardware, and the machine is "degraded" then.
    let state = '';
    await until(
      'a systemd that has started',
      async () => {
        state = (await run('/usr/bin/systemctl', 'is-system-running')).stdout.trim();
        return state === 'running' || state === 'degraded';
      },
      { within: 120_000, lastSeen: () => `it was "${state}"` },
    );
  }

  async function end(): Promise<void> {
    child.stdin.end();
    await ended;
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await start();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    folder,
    programs,
    etcd,
    seen: (path) => (path.startsWith(`${folder}/`) ? path : join(`/proc/${init}/root`, path)),
    run,
    inNetwork: () => ['nsenter', `--net=/proc/${init}/ns/net`],
    powerCycle: start,
    end,
  };
}

async function firstChildOf(pid: number): Promise<number | null> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const first = Number.parseInt(children, 10);
  // Until it has become systemd it still has the mounts of the holder.
  if (!(first > 0)) return null;
  return (await readFile(`/proc/${first}/comm`, 'utf8')).trim() === 'systemd' ? first : null;
}
