import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { syncToDisk } from '@picket/shared/whole-file.ts';
import t, { type Test } from 'tap';
import { hostFiles } from '../../packages/agent/src/host/files/files.ts';
import type { EtcdUnit, HostFiles, InitSystem, ServiceState } from '../../packages/agent/src/host/host.ts';
import { readEtcdVersion } from '../../packages/agent/src/host/programs.ts';
import { systemdInit } from '../../packages/agent/src/host/systemd/systemd-init.ts';
import { systemdUnit } from '../../packages/agent/src/host/systemd/systemd-unit.ts';
import { writeVersionRecord } from '../../packages/agent/src/host/version-record.ts';
import { refusal } from '../../packages/agent/test/support.ts';
import { until } from '../support/until.ts';
import { type SystemdMachine, startSystemdMachine, systemdNeeded } from './systemd-machine.ts';

const unitPath = '/etc/systemd/system/etcd.service';
const bootLink = '/etc/systemd/system/multi-user.target.wants/etcd.service';
const patience = { within: 60_000 };

interface Place {
  readonly machine: SystemdMachine;
  readonly init: InitSystem;
  readonly unit: EtcdUnit;
  readonly dataDir: string;
  systemctl(...args: readonly string[]): Promise<string>;
  pid(): Promise<number>;
  /** Resolves once these words are in the newest lines that etcd said, one unless given: they come to the journal late. */
  told(words: RegExp, lines?: number): Promise<readonly string[]>;
  waitFor<Kind extends ServiceState['kind']>(kind: Kind): Promise<Extract<ServiceState, { kind: Kind }>>;
}

/** The files of that machine, by their paths there. */
function filesOf(machine: SystemdMachine): HostFiles {
  const files = hostFiles();
  return {
    ...files,
    read: (path) => files.read(machine.seen(path)),
    writeWhole: (file) => files.writeWhole({ ...file, path: machine.seen(file.path) }),
    ensureFolder: (path, mode, owner) => files.ensureFolder(machine.seen(path), mode, owner),
  };
}

/** A machine on which nothing of etcd runs, and the conf.yml and data dir of a member that is its whole cluster. */
async function place(t: Test): Promise<Place> {
  const machine = await startSystemdMachine();
  t.teardown(() => machine.end());
  const { folder, etcd } = machine;
  const confFile = join(folder, 'conf.yml');
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  chownSync(dataDir, etcd.uid, etcd.gid);
  writeFileSync(confFile, conf(dataDir));
  mkdirSync(machine.seen(`${unitPath}.d`));
  // The steps are the unit's own; only their length would make the tests slow.
  writeFileSync(machine.seen(`${unitPath}.d/0-quick.conf`), '[Service]\nRestartSec=100ms\n');
  const unit: EtcdUnit = {
    binary: '/usr/bin/etcd',
    confFile,
    logFile: join(folder, 'log/etcd.log'),
    consoleFile: join(folder, 'log/etcd-console.log'),
    owner: { ...etcd, user: 'etcd', group: 'etcd' },
    guard: { script: join(folder, 'state/etcd-guard'), dataRoot: folder },
  };
  mkdirSync(dirname(unit.guard.script));
  const init = systemdInit({
    files: filesOf(machine),
    stateDir: dirname(unit.guard.script),
    programs: machine.programs,
    argumentsOf: async (pid) => readFileSync(machine.seen(`/proc/${pid}/cmdline`), 'latin1').split('\0'),
  });
  return {
    machine,
    init,
    unit,
    dataDir,
    async systemctl(...args) {
      const { code, stdout, stderr } = await machine.run('/usr/bin/systemctl', ...args);
      if (code !== 0) throw new Error(`systemctl ${args.join(' ')}: ${stderr}`);
      return stdout.trim();
    },
    async pid() {
      const state = await init.state();
      if (state.kind !== 'running') throw new Error(`it is ${state.kind}`);
      return state.pid;
    },
    told: (words, lines = 1) => {
      let last: readonly string[] = [];
      const look = async () => {
        last = await init.lastLog(lines);
        return words.test(last.join('\n')) && last;
      };
      return until(`etcd’s last words are ${words}`, look, { ...patience, lastSeen: () => last.join('\n') });
    },
    waitFor: (kind) =>
      until(
        `an etcd that is ${kind}`,
        async () => {
          const state = await init.state();
          return state.kind === kind ? (state as Extract<ServiceState, { kind: typeof kind }>) : null;
        },
        patience,
      ),
  };
}

function conf(dataDir: string, more = 'one=http://127.0.0.1:2380'): string {
  return `name: one
data-dir: ${dataDir}
listen-client-urls: http://127.0.0.1:2379
advertise-client-urls: http://127.0.0.1:2379
listen-peer-urls: http://127.0.0.1:2380
initial-advertise-peer-urls: http://127.0.0.1:2380
initial-cluster: ${more}
heartbeat-interval: 10
election-timeout: 100
`;
}

/** As `systemctl edit` does it. */
async function dropIn({ machine, systemctl }: Place, ...lines: readonly string[]): Promise<void> {
  mkdirSync(machine.seen(`${unitPath}.d`), { recursive: true });
  writeFileSync(machine.seen(`${unitPath}.d/mine.conf`), `[Service]\n${lines.join('\n')}\n`);
  await systemctl('daemon-reload');
}

function shown({ systemctl }: Place, property: string): Promise<string> {
  return systemctl('show', `--property=${property}`, '--value', 'etcd');
}

async function serves({ machine }: Place): Promise<void> {
  await until(
    'an etcd that serves',
    async () => (await machine.run('/usr/bin/etcdctl', 'endpoint', 'health')).code === 0,
    patience,
  );
}

t.test('systemd runs etcd as configured, and knows nothing of it before', systemdNeeded, async (t) => {
  const here = await place(t);
  const { machine, init, unit, systemctl } = here;
  t.strictSame(await init.state(), { kind: 'absent' }, 'the unit of Debian’s package is not ours');
  t.equal((await refusal(init.start())).code, 'service_not_installed');
  t.equal(await init.install(unit), true);
  t.equal(await init.install(unit), false);
  t.strictSame(await init.state(), { kind: 'stopped', atBoot: false });
  t.strictSame(await init.altered(unit), []);
  const verified = await machine.run('/usr/bin/systemd-analyze', 'verify', '--man=no', unitPath);
  t.strictSame([verified.code, verified.stdout + verified.stderr], [0, ''], 'systemd has nothing to say against it');

  await init.start();
  await init.start();
  await serves(here);
  const pid = await here.pid();
  const proc = machine.seen(`/proc/${pid}`);
  t.equal(readFileSync(`${proc}/cmdline`, 'latin1'), `/usr/bin/etcd\0--config-file=${unit.confFile}\0`);
  t.match(readFileSync(`${proc}/status`, 'latin1'), `Uid:\t${machine.etcd.uid}\t${machine.etcd.uid}\t`);
  t.match(readFileSync(`${proc}/status`, 'latin1'), 'NoNewPrivs:\t1');
  t.equal(await systemctl('is-enabled', 'etcd'), 'enabled');
  t.equal(await shown(here, 'Names'), 'etcd.service');
  t.equal((await here.told(/^{"level":.*\n{"level":.*\n{"level":.*$/, 3)).length, 3);

  await systemctl('stop', 'etcd');
  t.strictSame(await init.state(), { kind: 'stopped', atBoot: true }, 'by hand it stays stopped, and that is reported');
  await init.stop(30_000);
  t.strictSame(await init.state(), { kind: 'stopped', atBoot: false }, 'what is down is taken out of the boot too');
});

t.test('an etcd that is killed restarts, and the status says so', systemdNeeded, async (t) => {
  const here = await place(t);
  await here.init.install(here.unit);
  await here.init.start();
  await serves(here);
  for (const [before, signal] of ['SIGKILL', 'SIGTERM'].entries()) {
    await here.systemctl('kill', `--signal=${signal}`, 'etcd');
    const restarted = async () => {
      const state = await here.init.state();
      return state.kind === 'running' && state.restarts === before + 1;
    };
    await until(`an etcd that is back after ${signal}`, restarted, patience);
    await serves(here);
  }

  await dropIn(here, 'RestartSec=1h', 'RestartSteps=0', 'RestartMaxDelaySec=infinity');
  await here.systemctl('kill', '--signal=SIGKILL', 'etcd');
  t.strictSame(await here.waitFor('crashed'), { kind: 'crashed', restarts: 2, how: 'SIGKILL' });
  await here.init.start();
  await serves(here);
  await here.systemctl('kill', '--signal=SIGTERM', 'etcd');
  t.equal((await here.waitFor('crashed')).how, 'SIGTERM');
});

t.test('R17: neither a boot nor a respawn starts an etcd of another minor version', systemdNeeded, async (t) => {
  const here = await place(t);
  const { machine, init, unit, systemctl } = here;
  const binary = machine.seen(unit.binary);
  const minor = minorOf(await readEtcdVersion(binary));
  // The incarnation that this conf.yml names is `data`.
  await writeVersionRecord(hostFiles(), machine.folder, 'data', { minor, fingerprint: null });
  const replace = () => {
    const other = '#!/bin/sh\n[ "$1" = --version ] && echo "etcd Version: 3.60.4" && exit\ntouch /tmp/other-started\n';
    writeFileSync(`${binary}.new`, other, { mode: 0o755 });
    renameSync(binary, `${binary}.right`);
    renameSync(`${binary}.new`, binary);
  };
  const isHeldBack = () => until('the guard waits', async () => 'guarding' in (await init.state()), patience);
  const startsOnceBack = async () => {
    renameSync(`${binary}.right`, binary);
    await serves(here);
    t.notOk(existsSync(machine.seen('/tmp/other-started')), 'the other one was never started');
  };
  await init.install(unit);
  await init.start();
  await serves(here);

  replace();
  await systemctl('kill', '--signal=SIGKILL', 'etcd');
  await isHeldBack();
  t.match(await init.state(), { kind: 'running', restarts: 1 });
  t.ok(
    (await here.told(/This guard looks/, 4)).includes(
      `etcd-guard: /usr/bin/etcd is of version 3.60.4, and this member runs etcd ${minor}: etcd stays down, and its data stays as it is.`,
    ),
  );
  await startsOnceBack();

  replace();
  await machine.powerCycle();
  await isHeldBack();
  await init.stop(10_000);
  t.equal((await init.state()).kind, 'stopped', 'a guard that waits can be stopped');
  await init.start();
  await isHeldBack();
});

t.test('paths are taken as they are', systemdNeeded, async (t) => {
  const here = await place(t);
  const odd = join(here.machine.folder, `it's $HOME, %h \\n "odd"`);
  mkdirSync(odd);
  const unit = { ...here.unit, confFile: join(odd, 'conf.yml') };
  writeFileSync(unit.confFile, conf(here.dataDir));
  await here.init.install(unit);
  await here.init.start();
  await serves(here);
  const command = readFileSync(here.machine.seen(`/proc/${await here.pid()}/cmdline`), 'latin1');
  t.equal(command, `/usr/bin/etcd\0--config-file=${unit.confFile}\0`);
});

t.test('an etcd that cannot start is tried for ever, with its reason, until it can', systemdNeeded, async (t) => {
  const here = await place(t);
  await here.init.install(here.unit);
  writeFileSync(here.unit.confFile, 'data-dir: [');
  await here.init.start();
  const last = await until(
    'its sixth end',
    async () => {
      const state = await here.init.state();
      return state.kind === 'crashed' && state.restarts >= 5 ? state : null;
    },
    patience,
  );
  t.equal(last.how, 'exit status 1');
  await here.told(/error converting YAML to JSON/);
  writeFileSync(here.unit.confFile, conf(here.dataDir));
  await serves(here);

  rmSync(here.machine.seen(`${unitPath}.d/0-quick.conf`));
  await here.systemctl('daemon-reload');
  t.match(
    await shown(here, 'RestartUSecNext'),
    /^[2-4](\.\d+)?s$/,
    'what crashes now and then waits little longer than the two seconds of the first time',
  );
  const { restarts } = await here.waitFor('running');
  await here.systemctl('restart', 'etcd');
  t.equal(await shown(here, 'NRestarts'), '0');
  t.equal((await here.waitFor('running')).restarts, restarts, 'and for us the count does not go back');
});

t.test('where the data dir is gone etcd fails, and nothing makes it again (R4)', systemdNeeded, async (t) => {
  const here = await place(t);
  const dataDir = join(here.machine.folder, 'unmounted');
  writeFileSync(here.unit.confFile, conf(dataDir));
  await here.init.install(here.unit);
  await here.init.start();
  t.equal((await here.waitFor('crashed')).how, 'exit status 1');
  await here.told(/permission denied/);
  t.equal(existsSync(dataDir), false);

  await here.init.stop(30_000);
  t.strictSame(await here.init.state(), { kind: 'stopped', atBoot: false }, 'stopping a crash loop ends it');
  t.notMatch(await here.systemctl('--failed', '--plain'), 'etcd.service');
});

t.test(
  'the log folder is made at each start, as etcd’s: /var/log may be gone with the power',
  systemdNeeded,
  async (t) => {
    const { machine, init, unit, systemctl } = await place(t);
    mkdirSync(dirname(unit.logFile));
    t.equal((await refusal(init.install(unit))).code, 'path_not_writable', 'one that is not etcd’s is refused');
    t.equal(existsSync(machine.seen(unitPath)), false);

    writeFileSync(machine.seen(unitPath), systemdUnit({ ...unit, logFile: '/var/log/etcd/etcd.log' }));
    await systemctl('daemon-reload');
    await init.start();
    const { uid, gid, mode } = statSync(machine.seen('/var/log/etcd'));
    t.strictSame([uid, gid, mode & 0o777], [machine.etcd.uid, machine.etcd.gid, 0o755]);
  },
);

t.test(
  'R11: only what etcd itself has said is reported, and nothing where there is no journal',
  systemdNeeded,
  async (t) => {
    const here = await place(t);
    await here.init.install(here.unit);
    await here.init.start();
    await serves(here);
    await here.systemctl('stop', 'etcd');
    const { machine } = here;
    await machine.run('/usr/bin/systemd-cat', '--identifier=etcd', '/bin/sh', '-c', 'echo not etcd');
    const journal = () => machine.run('/usr/bin/journalctl', '--identifier=etcd', '--lines=1', '--output=cat');
    await until('the words of another under its name', async () => (await journal()).stdout === 'not etcd\n', patience);
    const said = await here.init.lastLog(500);
    t.match(said[0], '{"level":');
    t.strictSame(
      said.filter((line) => !line.startsWith('{')),
      [],
    );
    const programs = { ...machine.programs, journalctl: '/nowhere/journalctl' };
    const without = systemdInit({ files: filesOf(here.machine), stateDir: here.machine.folder, programs });
    t.strictSame(await without.lastLog(20), []);
  },
);

t.test('a member that waits for the others has started, and does not hold up the boot', systemdNeeded, async (t) => {
  const here = await place(t);
  writeFileSync(here.unit.confFile, conf(here.dataDir, 'one=http://127.0.0.1:2380,two=http://127.0.0.2:2380'));
  await here.init.install(here.unit);
  await here.init.start();
  await here.pid();
  // Resolves once systemd has reached its target.
  await here.machine.powerCycle();
  t.equal((await here.waitFor('running')).restarts, 0);
});

t.test(
  'etcd comes back with the machine, without an agent, but not where it was stopped (R10)',
  systemdNeeded,
  async (t) => {
    const here = await place(t);
    await here.init.install(here.unit);
    await here.init.start();
    await serves(here);
    await here.machine.run('/usr/bin/etcdctl', 'put', 'before', 'the cut');
    await here.machine.powerCycle();
    await serves(here);
    t.match((await here.machine.run('/usr/bin/etcdctl', 'get', 'before')).stdout, 'the cut');

    await here.init.stop(30_000);
    await here.machine.powerCycle();
    t.strictSame(await here.init.state(), { kind: 'stopped', atBoot: false });
    await here.init.start();
    await serves(here);
  },
);

/** Runs, and heeds no SIGTERM. SIGSTOP would not do: systemd wakes up what it stops. */
const deaf = '#!/usr/bin/perl\n$SIG{TERM} = "IGNORE";\nsleep 1 while 1;\n';

t.test('what does not heed SIGTERM is killed after its grace, and counts as stopped', systemdNeeded, async (t) => {
  const here = await place(t);
  const binary = join(here.machine.folder, 'deaf');
  writeFileSync(binary, deaf, { mode: 0o755 });
  await here.init.install({ ...here.unit, binary });
  await here.init.stop(500);
  /** Until then it is the guard, or a perl that has not come to the line that makes it deaf. */
  const isDeaf = async () => {
    const status = readFileSync(here.machine.seen(`/proc/${await here.pid()}/status`), 'latin1');
    const ignored = /^SigIgn:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
    return (BigInt(`0x${ignored}`) & (1n << BigInt(constants.signals.SIGTERM - 1))) !== 0n;
  };
  await here.init.start();
  await until('it heeds no SIGTERM', isDeaf, patience);
  const proc = here.machine.seen(`/proc/${await here.pid()}`);
  await here.init.stop(500);
  t.equal(existsSync(proc), false);
  t.strictSame(await here.init.state(), { kind: 'stopped', atBoot: false });
  t.notMatch(await here.systemctl('--failed', '--plain'), 'etcd.service');

  // By hand the time is systemd's own; here it is short.
  await dropIn(here, 'TimeoutStopSec=4');
  await here.init.start();
  await until('it heeds no SIGTERM again', isDeaf, patience);
  const stopping = here.systemctl('stop', 'etcd');
  await until('the stop', async () => (await shown(here, 'SubState')) === 'stop-sigterm', { ...patience, every: 20 });
  t.equal((await here.init.state()).kind, 'running', 'it is there until it is gone');
  await stopping;
  t.equal(await shown(here, 'ActiveState'), 'failed');
  t.strictSame(await here.init.state(), { kind: 'stopped', atBoot: true });
});

t.test('what systemd could not start is named', systemdNeeded, async (t) => {
  const here = await place(t);
  const { init, unit } = here;
  const binary = join(here.machine.folder, 'etcd');
  await init.install({ ...unit, binary });
  await dropIn(here, 'RestartSec=1h', 'RestartSteps=0', 'RestartMaxDelaySec=infinity');
  await init.start();
  t.match(await here.waitFor('crashed'), { how: 'exit status 127' });
  t.match((await here.told(/not found/)).join(), binary, 'its guard names what is missing');

  await init.install({ ...unit, owner: { ...here.machine.etcd, user: 'nobody-of-here', group: 'etcd' } });
  t.match(await refusal(init.start()), {
    code: 'service_not_started',
    facts: { problem: 'exit status 217 (systemd: its user is not known)' },
  });
  await init.install(unit);
  await init.start();
  await serves(here);
});

t.test('a changed unit is reported and mended, drop-ins are the administrator’s', systemdNeeded, async (t) => {
  const here = await place(t);
  const { init, unit, machine } = here;
  t.strictSame(await init.altered(unit), [unit.guard.script, unitPath]);
  await init.install(unit);
  const text = readFileSync(machine.seen(unitPath), 'utf8');
  writeFileSync(machine.seen(unitPath), text.replace('Restart=always', 'Restart=no'));
  t.strictSame(await init.altered(unit), [unitPath]);
  t.equal(await init.install(unit), true);
  t.strictSame(await init.altered(unit), []);
  t.equal(await shown(here, 'Restart'), 'always');

  await dropIn(here, 'Nice=-5');
  t.strictSame(await init.altered(unit), []);
  t.equal(await init.install(unit), false);
  t.equal(await shown(here, 'Nice'), '-5', 'and it holds');
});

t.test('an etcd that runs and was left out of the boot is reported, and put back into it', systemdNeeded, async (t) => {
  const here = await place(t);
  const { init, unit, systemctl } = here;
  await init.install(unit);
  await init.start();
  await serves(here);
  const pid = await here.pid();
  t.strictSame(await init.altered(unit), []);
  await systemctl('disable', 'etcd');
  t.strictSame(await init.altered(unit), [bootLink]);
  t.equal(await init.install(unit), true);
  t.strictSame(await init.altered(unit), []);
  t.equal(await init.install(unit), false);
  t.equal(await systemctl('is-enabled', 'etcd'), 'enabled');
  t.equal(await here.pid(), pid, 'beside the running etcd');

  await systemctl('disable', '--now', 'etcd');
  t.strictSame(await init.altered(unit), [], 'one that is down is meant not to be started');
  t.equal(await init.install(unit), false);
});

t.test(
  'whether a boot starts it outlasts a power cut: the folders of its link are synced (R9)',
  systemdNeeded,
  async (t) => {
    const { machine, unit } = await place(t);
    const link = machine.seen(bootLink);
    let synced: [folder: string, enabled: boolean][] = [];
    const init = systemdInit({
      files: filesOf(machine),
      stateDir: machine.folder,
      programs: machine.programs,
      sync: async (folder) => {
        synced.push([folder, lstatSync(link, { throwIfNoEntry: false }) !== undefined]);
        await syncToDisk(machine.seen(folder));
      },
    });
    const folders = [dirname(bootLink), dirname(dirname(bootLink))];
    await init.install(unit);
    await init.start();
    t.strictSame(
      synced,
      folders.map((folder) => [folder, true]),
    );
    synced = [];
    await init.stop(30_000);
    t.strictSame(
      synced,
      folders.map((folder) => [folder, false]),
    );
  },
);

t.test('a file that is not Picket’s is kept before it is replaced', systemdNeeded, async (t) => {
  const here = await place(t);
  const { init, unit, machine, systemctl } = here;
  const kept = join(machine.folder, 'state/replaced/etc-systemd-system-etcd.service');
  const theirs = '[Service]\nExecStart=/usr/bin/sleep 1d\n';
  for (const text of [theirs, theirs, '[Unit]\n']) {
    writeFileSync(machine.seen(unitPath), text);
    await init.install(unit);
  }
  t.equal(readFileSync(kept, 'utf8'), theirs);
  t.equal(readFileSync(`${kept}.2`, 'utf8'), '[Unit]\n');
  t.equal(existsSync(`${kept}.3`), false);
  writeFileSync(machine.seen(unitPath), `${readFileSync(machine.seen(unitPath), 'utf8')}\nNice=1\n`);
  await init.install(unit);
  t.equal(existsSync(`${kept}.3`), false, 'what Picket wrote it writes again');
  await systemctl('daemon-reload');
  t.strictSame(await init.altered(unit), []);
});

t.test('the unit of Debian’s package, enabled, gives way to ours under all its names', systemdNeeded, async (t) => {
  const here = await place(t);
  const { init, unit, systemctl } = here;
  await systemctl('enable', 'etcd');
  t.strictSame(await init.state(), { kind: 'absent' });
  await init.install(unit);
  await init.start();
  await serves(here);
  t.equal(await systemctl('show', '--property=FragmentPath', '--value', 'etcd2'), unitPath);
  await init.stop(30_000);
  t.equal(await shown(here, 'UnitFileState'), 'disabled');
  t.equal(existsSync(here.machine.seen(bootLink)), false);
});

t.test('nothing of the agent’s environment reaches systemctl or etcd (R11)', systemdNeeded, async (t) => {
  const here = await place(t);
  process.env.PICKET_JOIN = 'pkt1.not.to.be.seen';
  t.teardown(() => delete process.env.PICKET_JOIN);
  const spy = join(here.machine.folder, 'spy');
  writeFileSync(spy, `#!/bin/sh\nenv >>${spy}.env\nexec ${here.machine.programs.systemctl} "$@"\n`, { mode: 0o755 });
  const { journalctl } = here.machine.programs;
  const init = systemdInit({
    files: filesOf(here.machine),
    stateDir: here.machine.folder,
    programs: { systemctl: spy, journalctl },
  });
  await init.install(here.unit);
  await init.start();
  await serves(here);
  const environment = readFileSync(here.machine.seen(`/proc/${await here.pid()}/environ`), 'latin1');
  t.match(readFileSync(`${spy}.env`, 'latin1'), 'PATH=');
  t.notMatch(readFileSync(`${spy}.env`, 'latin1') + environment, 'pkt1');
});

t.test('a machine without systemd is reported as that', async (t) => {
  const init = systemdInit({
    files: hostFiles(),
    stateDir: '/nowhere',
    programs: { systemctl: '/nowhere/systemctl', journalctl: '/nowhere/journalctl' },
  });
  t.strictSame(await refusal(init.state()), {
    code: 'init_command_failed',
    facts: { command: 'systemctl show', problem: 'the program does not exist' },
  });
});
