import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { cleanEnvironment } from '../clean-environment.ts';
import { etcdLogTail } from '../etcd-log.ts';
import type { Clock, EtcdUnit, HostFiles, InitSystem, ServiceState } from '../host.ts';
import { ensureLogFolder, openConsole } from '../log-folder.ts';
import { withMachineLock } from '../machine-lock.ts';
import { bootId, findProcesses, identify, isRunning, type ProcessIdentity } from '../process-table.ts';
import { type ProcessRecord, readRecord, writeRecord } from './process-record.ts';
import { requireVersion } from './require-version.ts';

export interface ProcessInitDependencies {
  readonly files: HostFiles;
  readonly clock: Clock;
  /** Where the unit and the record of the process are kept; no two agents with different units share one. */
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
/** Whoever only looks waits for nobody. */
const lookPatienceMs = 0;
const pollMs = 20;
const killPatienceMs = 10_000;

/**
 * The `process` driver: etcd as a process of its own session, for machines whose init system Picket does not drive, and
 * for the demo. It outlives the agent (R10). A restarted agent knows it again by pid and start time, and one that was
 * killed before it could note these finds it by its exact `--config-file`, so etcd never runs twice. There is no
 * supervisor: an etcd that ended stays so until {@link InitSystem.start}.
 */
export function processInit({ files, clock, runDir }: ProcessInitDependencies): InitSystem {
  const unitPath = join(runDir, 'etcd.unit.json');
  const recordPath = join(runDir, 'etcd.process.json');
  const children = new Map<number, Child>();
  /** How an etcd ended, while that is not noted yet or, on a full or read-only disk, cannot be: only this agent knows. */
  let unnoted: { readonly of: ProcessRecord; readonly how: string } | null = null;
  let tellEnd: () => void = () => undefined;

  async function readUnit(): Promise<EtcdUnit | null> {
    const text = await files.read(unitPath);
    return text === null ? null : (JSON.parse(text) as EtcdUnit);
  }

  /** The etcd that runs: the recorded one, or one that an agent started and did not live to record. */
  async function running(
    unit: EtcdUnit | null,
    record: ProcessRecord | null,
    boot: string,
  ): Promise<ProcessIdentity | null> {
    if (record !== null && record.bootId === boot) {
      if (await isRunning(record)) return record;
      // Nobody else starts one while the agent lives that started this, so there is none to look for.
      if (isOwn(record)) return null;
    }
    if (unit === null) return null;
    const [found] = await findProcesses((argv) => isEtcdOf(unit, argv));
    return found ?? null;
  }

  function isOwn({ pid, startTicks }: ProcessRecord): boolean {
    return children.get(pid)?.identity.startTicks === startTicks;
  }

  /** How a process of this agent's own ended; `unknown` for one that ended while no agent watched. */
  async function howItEnded(record: ProcessRecord): Promise<string> {
    const child = isOwn(record) ? children.get(record.pid) : undefined;
    if (child === undefined) return 'unknown';
    // It is gone, so its exit is about to be told; without this, an agent with nothing else to do would end first.
    child.process.ref();
    return await child.ended;
  }

  /** Notes it for later agents, unless etcd has been started again meanwhile. That it could not is no failure. */
  async function keepEnd(of: ProcessRecord, how: string): Promise<void> {
    try {
      await withMachineLock(runDir, lookPatienceMs, async () => {
        const record = await readRecord(files, recordPath);
        if (record !== null && sameProcess(record, of)) await writeRecord(files, recordPath, { ...record, ended: how });
      });
      unnoted = null;
    } catch {
      // A look must tell what it sees, whatever the disk is like; it is tried again with the next one.
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
    if (await endsBy('SIGTERM', found, graceMs)) return;
    if (await endsBy('SIGKILL', found, killPatienceMs)) return;
    throw failure('service_stuck', { pid: found.pid, seconds: killPatienceMs / 1000 });
  }

  async function endsBy(signal: NodeJS.Signals, target: ProcessIdentity, patienceMs: number): Promise<boolean> {
    const deadline = clock.monotonic() + patienceMs;
    if (!(await isRunning(target))) return true;
    try {
      process.kill(target.pid, signal);
    } catch (error) {
      if (!(await isRunning(target))) return true;
      throw error;
    }
    while (await isRunning(target)) {
      if (clock.monotonic() >= deadline) return false;
      // It is nobody's child here after a restart of the agent, so there is no event to wait for.
      await clock.sleep(pollMs);
    }
    return true;
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
      // A machine that was switched off stopped its etcd; that is no crash.
      if (record === null || record.stopAsked || record.bootId !== boot) return { kind: 'stopped' };
      const known = unnoted !== null && sameProcess(unnoted.of, record) ? unnoted.how : null;
      const how = record.ended ?? known ?? (await howItEnded(record));
      // With the second look: an etcd that is started again at once has a new record, and need not wait for the disk.
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
      // One that ended within its first moment has left a zombie at most; its ticks then matter no more.
      const identity = pid === undefined ? null : ((await identify(pid)) ?? { pid, startTicks: 0 });
      if (identity === null)
        throw failure('service_not_started', { binary: unit.binary, problem: 'it got no process' });
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
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'it may not be run';
  if (code === 'EPERM') return 'the agent may not start it as another user';
  return error instanceof Error ? error.message : 'unknown';
}
