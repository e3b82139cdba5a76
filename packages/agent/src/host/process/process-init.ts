import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { codeOf } from '../file-failure.ts';
import type { Clock, EtcdUnit, HostFiles, InitSystem, ServiceState } from '../host.ts';
import { ensureLogFolder, openConsole } from '../log-folder.ts';
import { etcdLogTail } from '../log-tail.ts';
import { withMachineLock } from '../machine-lock.ts';
import {
  bootId,
  ends,
  findProcesses,
  identify,
  isRunning,
  mustEnd,
  type ProcessIdentity,
  signalTo,
} from '../process-table.ts';
import { cleanEnvironment } from '../run-as.ts';
import { requireVersion } from '../version-record.ts';
import { type ProcessRecord, readRecord, writeRecord } from './process-record.ts';

interface ProcessInitDependencies {
  readonly files: HostFiles;
  readonly clock: Clock;
  /** The folder of the unit and of the record of the process. Agents with different units need different folders. */
  readonly runDir: string;
}

/** An etcd that this agent itself started. */
interface Child {
  readonly process: ChildProcess;
  readonly identity: ProcessIdentity;
  /** How it ended: `SIGKILL`, `exit status 1`. */
  readonly ended: Promise<string>;
}

const lockPatienceMs = 30_000;
/** A command that only observes does not wait. */
const lookPatienceMs = 0;

/**
 * The `process` driver: etcd as a process with its own session, for the demo and for machines whose init system Picket
 * does not support. It outlives the agent (R10). A restarted agent finds it by pid and start time. If an agent was
 * killed before it noted these, the next one finds etcd by its exact `--config-file`, so etcd never runs twice. There
 * is no supervisor: an etcd that has ended stays down until {@link InitSystem.start}.
 */
export function processInit({ files, clock, runDir }: ProcessInitDependencies): InitSystem {
  const unitPath = join(runDir, 'etcd.unit.json');
  const recordPath = join(runDir, 'etcd.process.json');
  const children = new Map<number, Child>();
  /**
   * How an etcd ended, while that is not recorded yet, or cannot be on a full or read-only disk. Only this agent knows
   * it.
   */
  let unnoted: { readonly of: ProcessRecord; readonly how: string } | null = null;
  let tellEnd: () => void = () => undefined;

  async function readUnit(): Promise<EtcdUnit | null> {
    const text = await files.read(unitPath);
    return text === null ? null : (JSON.parse(text) as EtcdUnit);
  }

  /** The etcd that runs: the recorded one, or one whose agent was killed before it recorded it. */
  async function running(
    unit: EtcdUnit | null,
    record: ProcessRecord | null,
    boot: string,
  ): Promise<ProcessIdentity | null> {
    if (record !== null && record.bootId === boot) {
      if (await isRunning(record)) return record;
      // While this agent lives, no other process starts an etcd, so there is nothing to search for.
      if (isOwn(record)) return null;
    }
    if (unit === null) return null;
    const [found] = await findProcesses((argv) => isEtcdOf(unit, argv));
    return found ?? null;
  }

  function isOwn({ pid, startTicks }: ProcessRecord): boolean {
    return children.get(pid)?.identity.startTicks === startTicks;
  }

  /** How a process of this agent ended; `unknown` if it ended while no agent ran. */
  async function howItEnded(record: ProcessRecord): Promise<string> {
    const child = isOwn(record) ? children.get(record.pid) : undefined;
    if (child === undefined) return 'unknown';
    // The process is gone, so its exit event comes soon. Without this, an agent with nothing else to do would end
    // first.
    child.process.ref();
    return await child.ended;
  }

  /** Records it for later agents, unless etcd has been restarted meanwhile. A failed write is not a failure. */
  async function keepEnd(of: ProcessRecord, how: string): Promise<void> {
    try {
      await withMachineLock(runDir, lookPatienceMs, async () => {
        const record = await readRecord(files, recordPath);
        if (record !== null && sameProcess(record, of)) await writeRecord(files, recordPath, { ...record, ended: how });
      });
      unnoted = null;
    } catch {
      // An observation must not depend on the disk; the next one tries to write again.
    }
  }

  async function look(): Promise<{
    unit: EtcdUnit | null;
    record: ProcessRecord | null;
    process: ProcessIdentity | null;
    boot: string;
  }> {
    const [unit, record, boot] = await Promise.all([readUnit(), readRecord(files, recordPath), bootId()]);
    return { unit, record, process: await running(unit, record, boot), boot };
  }

  async function startLocked(): Promise<void> {
    const { unit, record, process, boot } = await look();
    if (unit === null) throw failure('service_not_installed', { path: unitPath });
    if (process !== null) {
      if (!sameProcess(record, process))
        await writeRecord(files, recordPath, started(process, boot, record?.restarts ?? 0));
      return;
    }
    const crashed = record !== null && record.bootId === boot && !record.stopAsked;
    const restarts = (record?.restarts ?? 0) + (crashed ? 1 : 0);
    const child = await spawnEtcd(unit);
    children.clear();
    children.set(child.identity.pid, child);
    await writeRecord(files, recordPath, started(child.identity, boot, restarts));
  }

  async function stopLocked(graceMs: number): Promise<void> {
    const { record, process: found, boot } = await look();
    if (found === null) {
      if (record !== null && !record.stopAsked) await writeRecord(files, recordPath, { ...record, stopAsked: true });
      return;
    }
    const known = sameProcess(record, found) && record !== null ? record : started(found, boot, record?.restarts ?? 0);
    await writeRecord(files, recordPath, { ...known, stopAsked: true });
    await signalTo(found, 'SIGTERM');
    if (!(await ends(found, clock, graceMs))) await mustEnd(found, clock);
  }

  return {
    name: 'process',
    async install(unit) {
      const content = textOf(unit);
      if ((await files.read(unitPath)) === content) return false;
      await files.ensureFolder(runDir, 0o755, null);
      await files.writeWhole({ path: unitPath, content, mode: 0o644, owner: null });
      return true;
    },
    async altered(unit) {
      return (await files.read(unitPath)) === textOf(unit) ? [] : [unitPath];
    },
    async state(): Promise<ServiceState> {
      const { unit, record, process, boot } = await look();
      if (unit === null) return { kind: 'absent' };
      if (process !== null) return { kind: 'running', pid: process.pid, restarts: record?.restarts ?? 0 };
      // A power-off of the machine stopped its etcd; that is not a crash.
      if (record === null || record.stopAsked || record.bootId !== boot) return { kind: 'stopped' };
      const known = unnoted !== null && sameProcess(unnoted.of, record) ? unnoted.how : null;
      const how = record.ended ?? known ?? (await howItEnded(record));
      // The second observation records it: an etcd that restarts at once gets a new record and need not wait for the
      // disk.
      if (record.ended === null && known !== null) await keepEnd(record, how);
      else if (record.ended === null) unnoted = { of: record, how };
      return { kind: 'crashed', restarts: record.restarts, how };
    },
    start: () => withMachineLock(runDir, lockPatienceMs, startLocked),
    stop: (graceMs) => withMachineLock(runDir, lockPatienceMs + graceMs, () => stopLocked(graceMs)),
    onEnd(told) {
      tellEnd = told;
    },
    async lastLog(lines) {
      const unit = await readUnit();
      return unit === null ? [] : etcdLogTail(unit, lines);
    },
  };

  async function spawnEtcd(unit: EtcdUnit): Promise<Child> {
    await requireVersion(files, unit);
    await ensureLogFolder(files, unit);
    const console = await openConsole(unit.consoleFile);
    try {
      const child = spawn(unit.binary, [configArgument(unit)], {
        detached: true,
        cwd: '/',
        env: cleanEnvironment,
        stdio: ['ignore', console.fd, console.fd],
        ...(unit.owner === null ? {} : { uid: unit.owner.uid, gid: unit.owner.gid }),
      });
      const ended = endOf(child);
      void ended.then(() => tellEnd());
      try {
        await once(child, 'spawn');
      } catch (error) {
        throw failure('service_not_started', { binary: unit.binary, problem: spawnProblem(error) }, { cause: error });
      }
      child.unref();
      const { pid } = child;
      // A process that ended within its first moment left at most a zombie; its ticks no longer matter.
      const identity = pid === undefined ? null : ((await identify(pid)) ?? { pid, startTicks: 0 });
      if (identity === null)
        throw failure('service_not_started', { binary: unit.binary, problem: 'the system started no process' });
      return { process: child, identity, ended };
    } finally {
      await console.close();
    }
  }
}

function textOf(unit: EtcdUnit): string {
  return `${JSON.stringify(unit, null, 2)}\n`;
}

function isEtcdOf(unit: EtcdUnit, argv: readonly string[]): boolean {
  return argv.includes(configArgument(unit)) && basename(argv[0] ?? '') === basename(unit.binary);
}

function configArgument(unit: EtcdUnit): string {
  return `--config-file=${unit.confFile}`;
}

function sameProcess(record: ProcessRecord | null, { pid, startTicks }: ProcessIdentity): boolean {
  return record?.pid === pid && record.startTicks === startTicks;
}

function started({ pid, startTicks }: ProcessIdentity, boot: string, restarts: number): ProcessRecord {
  return { pid, startTicks, bootId: boot, restarts, stopAsked: false, ended: null };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (status, signal) => resolve(signal ?? `exit status ${status}`));
  });
}

function spawnProblem(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'the file does not exist';
  if (code === 'EACCES') return 'it may not be run';
  if (code === 'EPERM') return 'the agent may not start it as another user';
  return error instanceof Error ? error.message : 'unknown';
}
