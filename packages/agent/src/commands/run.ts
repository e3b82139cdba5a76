import { failure, PicketError } from '@picket/shared/errors.ts';
import { pino } from 'pino';
import { withMachineLock } from '../host/machine-lock.ts';
import type { Identity } from '../identity/identity-store.ts';
import { nodeRoleOf } from '../identity/node-record.ts';
import { damagedRecordPath, formerFolder, leftRecordPath, repairLeftRecord } from '../leaving/left-record.ts';
import { isFreeHere } from '../leaving/let-go.ts';
import { openAgent } from '../loop/agent.ts';
import { run } from '../loop/run.ts';
import type { Log } from '../program/log.ts';
import { agentDeps } from './agent-deps.ts';
import { awaitJoin, becomeFree, cleanUp } from './free-machine.ts';
import type { AgentIo, CommonOptions } from './io.ts';
import { joinedIdentity, readSetting, type Setting } from './setting.ts';

const lockPatienceMs = 3000;

/**
 * Works until the process gets a signal to stop, and leaves etcd running (R10). On a machine that has left its cluster, it
 * waits for the next join. The log goes to stdout as JSON.
 */
export async function runCommand(io: AgentIo, options: CommonOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { host, paths } = setting;
  await cleanUp(io, setting);
  const isFree = await isFreeHere({ files: host.files, stateDir: paths.stateDir });
  let identity = isFree ? null : await joinedIdentity(setting);
  const log = pino(
    { level: setting.config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => void io.stdout.write(line) },
  );
  await alone(paths.stateDir, lockPatienceMs, async () => {
    if (await repairLeftRecord(host.files, paths.stateDir)) log.warn({}, lostRecord(paths.stateDir));
    while (!io.signal.aborted) {
      identity ??= await awaitJoin(io, setting, log);
      if (identity === null || (await runAs(io, setting, identity, log)) === 'stopped') return;
      await becomeFree(io, setting, identity, log);
      identity = null;
    }
  });
}

function lostRecord(stateDir: string): string {
  const folder = formerFolder(stateDir);
  return `${leftRecordPath(stateDir)} was damaged and is kept as ${damagedRecordPath(stateDir)}; the former data in ${folder} is recorded again, and kept for 14 days from now on`;
}

async function runAs(io: AgentIo, setting: Setting, identity: Identity, log: Log): Promise<'stopped' | 'free'> {
  const deps = await agentDeps(io, setting, identity, log);
  try {
    const agent = await openAgent(deps);
    const { nodeId, cluster } = identity.node;
    const { kind, name } = nodeRoleOf(identity.node);
    log.info({ nodeId, cluster, [kind]: name, version: deps.version }, 'picket-agent has started');
    const end = await run(agent, io.signal);
    if (end === 'stopped')
      log.info({}, kind === 'member' ? 'picket-agent stops; etcd keeps running' : 'picket-agent stops');
    return end;
  } finally {
    await deps.close();
  }
}

/** Two agents would overwrite each other's journal. Throws `agent_running`. */
export async function alone<Result>(
  stateDir: string,
  patienceMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  let begun = false;
  try {
    return await withMachineLock(`${stateDir}/agent`, patienceMs, () => {
      begun = true;
      return work();
    });
  } catch (error) {
    const busy = !begun && error instanceof PicketError && error.code === 'service_busy';
    throw busy ? failure('agent_running', { stateDir }) : error;
  }
}
