import { basename } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { etcdGuard, guardedCommand, guardShell } from '../etcd-guard.ts';
import type { Clock, EtcdUnit, HostFiles, InitSystem, ServiceState } from '../host.ts';
import { differing, writeDefinition } from '../keep-replaced.ts';
import { ensureLogFolder } from '../log-folder.ts';
import { etcdLogTail } from '../log-tail.ts';
import { ends, findProcesses, mustEnd, type ProcessIdentity, signalTo } from '../process-table.ts';
import { isExecutable } from '../programs.ts';
import { restartTally } from '../restart-tally.ts';
import { openrcStopSeconds } from '../stop-times.ts';
import { checkSettings, initScript, readSetting, serviceName, serviceSettings } from './openrc-definition.ts';
import { judgeOpenrc, type OpenrcFacts, readOpenrc } from './openrc-state.ts';
import { runOpenrc } from './run-openrc.ts';

interface OpenrcInitDependencies {
  readonly files: HostFiles;
  readonly clock: Clock;
  /** The agent's state folder: a file that Picket did not write is kept there before it is replaced. */
  readonly stateDir: string;
}

const initFile = `/etc/init.d/${serviceName}`;
const settingsFile = `/etc/conf.d/${serviceName}`;
const runlevelLink = `/etc/runlevels/default/${serviceName}`;
const runDir = '/run/openrc';
/** Not on a disk, which may be full. */
const outputFile = '/run/picket/rc-service.log';
/** After etcd has ended, a supervisor only has to clean up. */
const supervisorPatienceMs = 10_000;
/** OpenRC may first have to start the services that this one needs, such as the network. */
const startPatienceMs = 90_000;
const stopPatienceMs = (openrcStopSeconds + 30) * 1000;

interface Look extends OpenrcFacts {
  readonly stray: ProcessIdentity | null;
  readonly installed: boolean;
  /** True if its runlevel contains it. */
  readonly atBoot: boolean;
}

/**
 * The `openrc` driver: etcd under OpenRC's supervise-daemon, which starts it at boot and after a crash, with or without
 * the agent (R10). Observing only reads files; `rc-service` runs only to start and stop.
 */
export function openrcInit({ files, clock, stateDir }: OpenrcInitDependencies): InitSystem {
  const tally = restartTally();

  const settings = (): Promise<string | null> => files.read(settingsFile);

  async function look(): Promise<Look> {
    const facts = await readOpenrc(runDir);
    const seen = { ...facts, installed: await files.exists(initFile), atBoot: await files.exists(runlevelLink) };
    if (facts.child !== null) return { ...seen, stray: null };
    // After `rc-service etcd zap`, OpenRC knows nothing of a service that keeps running.
    const wanted = commandOf(await settings());
    const [stray = null] = wanted === null ? [] : await findProcesses((argv) => isCommand(wanted, argv));
    return { ...seen, stray };
  }

  function stateOf(seen: Look): ServiceState {
    return judgeOpenrc(seen, seen.stray, tally.count(seen), seen.installed, seen.atBoot);
  }

  async function state(): Promise<ServiceState> {
    return stateOf(await look());
  }

  async function altered(unit: EtcdUnit) {
    const wanted = [
      { path: settingsFile, content: serviceSettings(unit), mode: 0o644 },
      { path: unit.guard.script, content: etcdGuard, mode: 0o755 },
      { path: initFile, content: initScript, mode: 0o755 },
    ];
    const wrong = await differing(files, wanted);
    const runs = await isExecutable(initFile);
    return wanted.filter((file) => wrong.includes(file) || (file.path === initFile && !runs));
  }

  /** True if the next boot would not start a service that runs now. */
  async function leftOutOfBoot(): Promise<boolean> {
    return !(await files.exists(runlevelLink)) && (await state()).kind === 'running';
  }

  /** As `rc-update add`, but it survives a power cut (R9). */
  async function startAtBoot(): Promise<void> {
    if (!(await files.exists(runlevelLink))) await files.linkWhole(runlevelLink, initFile);
  }

  async function rcService(action: 'start' | 'stop' | 'zap', patienceMs: number) {
    // Without its dependents: OpenRC would stop a service that needs etcd with it, but not start it again.
    const alone = action === 'stop' ? ['--nodeps'] : [];
    return runOpenrc([...alone, serviceName, action], { outputFile, patienceMs });
  }

  /** True while OpenRC works on the service. If OpenRC was killed meanwhile, its marks stay. */
  async function isAtWork(): Promise<boolean> {
    return (await findProcesses(isOpenrcOnService)).length > 0;
  }

  return {
    name: 'openrc',
    async install(unit) {
      checkSettings(unit);
      await ensureLogFolder(files, unit);
      const wrong = await altered(unit);
      await writeDefinition(files, stateDir, wrong);
      // apk puts the service of a newer package beside this one, as a service that no guard starts.
      await files.remove(`${initFile}.apk-new`);
      const leftOut = await leftOutOfBoot();
      if (leftOut) await startAtBoot();
      return wrong.length > 0 || leftOut;
    },
    async altered(unit) {
      const wrong = (await altered(unit)).map(({ path }) => path);
      return (await leftOutOfBoot()) ? [...wrong, runlevelLink] : wrong;
    },
    state,
    async start() {
      const seen = await look();
      if (!seen.installed) throw failure('service_not_installed', { path: initFile });
      const text = await settings();
      const binary = readSetting(text, 'ETCD_BINARY') ?? 'etcd';
      if (await files.exists(`${runDir}/rc.stopping`))
        throw failure('service_not_started', {
          binary,
          problem: 'OpenRC is stopping services, as it does at shutdown',
        });
      await startAtBoot();
      const before = stateOf(seen);
      if (before.kind === 'running') return;
      const starting = seen.marks.has('starting');
      if (starting && (await isAtWork())) return;
      if (seen.supervisor !== null && seen.marks.has('stopping'))
        throw failure('service_not_started', { binary, problem: 'OpenRC is stopping it' });
      if (seen.supervisor !== null && !isOutdated(seen.argv, text)) {
        // The supervisor restarts it, unless it missed the end of its child: this signal makes it check.
        await signalTo(seen.supervisor, 'SIGCHLD');
        return;
      }
      if (seen.supervisor !== null) await mustEnd(seen.supervisor, clock);
      if (starting || seen.marks.has('started')) await rcService('zap', startPatienceMs);
      const { code, said } = await rcService('start', startPatienceMs);
      if (before.kind === 'crashed') tally.startedAgain();
      if (code === 0) return;
      const after = await state();
      if (after.kind !== 'running') throw failure('service_not_started', { binary, problem: said });
    },
    async stop(graceMs) {
      // First, so that after a power cut the next boot does not start it.
      if ((await files.readLink(runlevelLink)) !== null || (await files.exists(runlevelLink)))
        await files.remove(runlevelLink);
      const { supervisor, child, stray, marks } = await look();
      const etcd = child ?? stray;
      const stopped = marks.has('started') ? rcService('stop', stopPatienceMs) : null;
      // The caller awaits it only once etcd has ended; an earlier failure must not end the agent.
      stopped?.catch(() => undefined);
      if (etcd !== null) {
        // A supervisor passes SIGTERM on and starts nothing afterwards.
        if (stopped === null || supervisor === null) await signalTo(supervisor ?? etcd, 'SIGTERM');
        const grace = Math.min(graceMs, openrcStopSeconds * 1000);
        if (!(await ends(etcd, clock, grace))) await mustEnd(etcd, clock);
      }
      // A supervisor that waits before its next start ignores SIGTERM until it has waited.
      if (supervisor !== null && !(await ends(supervisor, clock, etcd === null ? 0 : supervisorPatienceMs)))
        await mustEnd(supervisor, clock);
      await stopped;
      const left = await look();
      const remains = left.child ?? left.stray;
      if (remains !== null) await mustEnd(remains, clock);
      if (left.marks.size > 0) await rcService('zap', stopPatienceMs);
    },
    async lastLog(lines) {
      const text = await settings();
      const [logFile, consoleFile] = [readSetting(text, 'ETCD_LOG'), readSetting(text, 'ETCD_CONSOLE_LOG')];
      return logFile === null || consoleFile === null ? [] : etcdLogTail({ logFile, consoleFile }, lines);
    },
  };
}

/** The command line that the service runs, from its settings. */
function commandOf(text: string | null): readonly [binary: string, argument: string] | null {
  const [binary, confFile] = [readSetting(text, 'ETCD_BINARY') ?? 'etcd', readSetting(text, 'ETCD_CONFIG_FILE')];
  return confFile === null ? null : [binary, `--config-file=${confFile}`];
}

/** The same with the guard, unless somebody removed the guard from the settings. */
function guardedCommandOf(text: string | null): readonly string[] | null {
  const [script, dataRoot] = [readSetting(text, 'ETCD_GUARD'), readSetting(text, 'ETCD_DATA_ROOT')];
  const etcd = commandOf(text);
  return etcd === null || script === null || dataRoot === null ? etcd : guardedCommand({ script, dataRoot }, etcd);
}

/** True for etcd, and for the guard that will become etcd. */
function isCommand([binary, argument]: readonly [string, string], argv: readonly string[]): boolean {
  const [program = ''] = argv[0] === guardShell ? argv.slice(-2) : argv;
  return basename(program) === basename(binary) && argv.includes(argument);
}

/** `rc-service etcd …`, the `openrc-run /etc/init.d/etcd …` that it becomes, and the shell that this one starts. */
function isOpenrcOnService(argv: readonly string[]): boolean {
  const programs = argv.slice(0, 2).map((path) => basename(path));
  return (
    (programs[0] === 'rc-service' && argv.includes(serviceName)) ||
    (programs.some((program) => /^openrc-run(?:\.sh)?$/.test(program)) && argv.includes(initFile))
  );
}

/** True if a supervisor would start something other than the settings say now. */
function isOutdated(argv: readonly string[], text: string | null): boolean {
  return argv.length > 0 && argv.join(' ') !== guardedCommandOf(text)?.join(' ');
}
