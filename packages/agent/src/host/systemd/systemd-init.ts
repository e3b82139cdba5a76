import { basename, dirname } from 'node:path';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { syncToDisk } from '@picket/shared/whole-file.ts';
import { etcdGuard, guardName } from '../etcd-guard.ts';
import { codeOf } from '../file-failure.ts';
import type { EtcdUnit, HostFiles, InitSystem, ServiceState } from '../host.ts';
import { differing, writeDefinition } from '../keep-replaced.ts';
import { ensureLogFolder } from '../log-folder.ts';
import { joinTails, logTail } from '../log-tail.ts';
import { argumentsOf } from '../process-table.ts';
import { countTally } from '../restart-tally.ts';
import { journalTail } from './journal.ts';
import { systemctl } from './systemctl.ts';
import { howItEnded, isEnabled, parseShow, type ShownUnit, serviceState, shownProperties } from './systemd-show.ts';
import { readSystemdUnit, systemdUnit } from './systemd-unit.ts';

interface SystemdInitDependencies {
  readonly files: HostFiles;
  /** The agent's state folder; it keeps the unit that Picket's unit replaced. */
  readonly stateDir: string;
  /** For tests, which use another systemd than the machine's. */
  readonly programs?: { readonly systemctl: string; readonly journalctl: string };
  /** For tests as well. */
  readonly sync?: typeof syncToDisk;
  readonly argumentsOf?: typeof argumentsOf;
}

const service = 'etcd.service';
const unitPath = `/etc/systemd/system/${service}`;
const bootLink = `/etc/systemd/system/multi-user.target.wants/${service}`;

const systemPrograms = { systemctl: 'systemctl', journalctl: 'journalctl' };

const lookPatienceMs = 10_000;
/** Enabling and reloading read every unit of the machine; on an old card that is slow. */
const changePatienceMs = 60_000;
/** The first start after boot waits for the network, whose own limit is one to two minutes. */
const startPatienceMs = 150_000;
const killPatienceMs = 10_000;

/**
 * The systemd driver, through systemctl. etcd is enabled while it is started and disabled while it is stopped, so a
 * boot without the agent restores the state that the agent left (R10). Drop-ins belong to the administrator and never
 * count as alterations.
 */
export function systemdInit({
  files,
  stateDir,
  programs = systemPrograms,
  sync = syncToDisk,
  argumentsOf: argumentsIn = argumentsOf,
}: SystemdInitDependencies): InitSystem {
  const run = (args: readonly string[], patienceMs: number) => systemctl(programs.systemctl, args, patienceMs);
  const tally = countTally();

  async function show(): Promise<ShownUnit> {
    return parseShow(await run(['show', service, `--property=${shownProperties.join(',')}`], lookPatienceMs));
  }

  async function stateOf(shown: ShownUnit): Promise<ServiceState> {
    const state = serviceState(shown, unitPath);
    if (!('restarts' in state)) return state;
    const counted = { ...state, restarts: tally.count(state.restarts) };
    // Only the guard has it among its arguments; etcd, which it becomes, does not.
    const guarding =
      counted.kind === 'running' && (await argumentsIn(counted.pid)).some((word) => basename(word) === guardName);
    return guarding ? { ...counted, guarding } : counted;
  }

  async function altered(unit: EtcdUnit) {
    return differing(files, [
      { path: unit.guard.script, content: etcdGuard, mode: 0o755 },
      { path: unitPath, content: systemdUnit(unit), mode: 0o644 },
    ]);
  }

  async function installed(): Promise<EtcdUnit | null> {
    const text = await files.read(unitPath);
    return text === null ? null : readSystemdUnit(text);
  }

  /** systemctl does not ensure that its changes survive a power cut (R9). */
  async function setBoot(to: 'enable' | 'disable'): Promise<void> {
    await run([to, service], changePatienceMs);
    await syncBoot();
  }

  async function syncBoot(): Promise<void> {
    for (const folder of [dirname(bootLink), dirname(dirname(bootLink))]) {
      await sync(folder).catch((error: unknown) => {
        // systemctl removes a folder that it has emptied.
        if (codeOf(error) !== 'ENOENT') throw error;
      });
    }
  }

  async function gone(patienceMs: number): Promise<boolean> {
    try {
      await run(['stop', service], patienceMs);
      return true;
    } catch (error) {
      const state = serviceState(await show(), unitPath);
      if (state.kind === 'running') return false;
      if (state.kind !== 'crashed') return true;
      throw error;
    }
  }

  async function kill(): Promise<void> {
    const state = serviceState(await show(), unitPath);
    if (state.kind !== 'running') return;
    await run(['kill', '--signal=SIGKILL', service], lookPatienceMs);
    if (!(await gone(killPatienceMs)))
      throw failure('service_stuck', { pid: state.pid, seconds: killPatienceMs / 1000 });
  }

  return {
    name: 'systemd',
    async install(unit) {
      await ensureLogFolder(files, unit);
      const wrong = await altered(unit);
      await writeDefinition(files, stateDir, wrong);
      const differs = wrong.length > 0;
      // An agent may have been killed between the two, so the file alone does not show what systemd has loaded.
      const { FragmentPath, NeedDaemonReload } = await show();
      if (differs || FragmentPath !== unitPath || NeedDaemonReload === 'yes')
        await run(['daemon-reload'], changePatienceMs);
      // Only a systemd that knows the unit reports whether it is enabled.
      const leftOut = isLeftOutOfBoot(await show());
      if (leftOut) await setBoot('enable');
      return differs || leftOut;
    },
    state: async () => stateOf(await show()),
    async altered(unit) {
      const wrong = (await altered(unit)).map(({ path }) => path);
      return isLeftOutOfBoot(await show()) ? [...wrong, bootLink] : wrong;
    },
    async start() {
      const before = await show();
      const { kind } = await stateOf(before);
      if (kind === 'absent') throw failure('service_not_installed', { path: unitPath });
      try {
        await run(['start', service], startPatienceMs);
        if (kind === 'crashed') tally.startedAgain();
      } catch (error) {
        const binary = (await installed())?.binary;
        const after = await show();
        if (binary === undefined || !(error instanceof PicketError) || after.Result === 'success') throw error;
        throw failure('service_not_started', { binary, problem: howItEnded(after) }, { cause: error });
      } finally {
        // Only now, because etcd must not be down for as long as this takes. systemd keeps trying to start what failed.
        if (!isEnabled(before)) await setBoot('enable');
      }
    },
    async stop(graceMs) {
      const before = await show();
      if (serviceState(before, unitPath).kind === 'absent') return;
      if (isEnabled(before)) await setBoot('disable');
      // An agent may have been killed between the two.
      else await syncBoot();
      if (!(await gone(graceMs))) await kill();
      // Otherwise an intended end counts among the machine's failed services.
      if ((await show()).ActiveState === 'failed') await run(['reset-failed', service], changePatienceMs);
    },
    async lastLog(lines) {
      const unit = await installed();
      if (unit === null) return [];
      const tails = [logTail(unit.logFile, lines), journalTail(programs.journalctl, service, lines)] as const;
      return joinTails(...(await Promise.all(tails)), lines);
    },
  };
}

/** True if the next boot would not start a service that runs now. A service that is stopping is meant to stay down. */
function isLeftOutOfBoot(shown: ShownUnit): boolean {
  return serviceState(shown, unitPath).kind === 'running' && shown.ActiveState !== 'deactivating' && !isEnabled(shown);
}
