import { doubtNow } from '../coordinator/time-in-doubt.ts';
import { tendFormerData, warnOfFormerData } from '../leaving/former-data.ts';
import { readLeftRecord } from '../leaving/left-record.ts';
import { memberStateOf } from '../model/model.ts';
import type { Agent } from './agent.ts';

/**
 * True if the coordinator has evicted this node, and nothing of it is left to guard: the agent has carried out its release,
 * or no etcd has ever lived here. An eviction alone never ends the care for an etcd and its data (R16).
 */
export function isFree({ journal, memory }: Pick<Agent, 'journal' | 'memory'>): boolean {
  const { accepted, evicted } = memory.current;
  if (!evicted) return false;
  const { incarnations, generationApplied } = journal.current();
  if (Object.keys(incarnations).length === 0) return true;
  const document = memberStateOf(accepted);
  return document?.letGo === true && generationApplied >= document.generation;
}

/** As {@link isFree}, once the next boot of a machine whose root is in memory shows that too. */
export async function mayGo(agent: Agent): Promise<boolean> {
  if (!isFree(agent)) return false;
  const { overlay } = agent.deps;
  await overlay?.save();
  return overlay?.problem() == null;
}

const everyMs = 3600 * 1000;
/** Soon after the start the coordinator's time is known. */
const firstMs = 60_000;

/** Deletes the data of former incarnations in time, on a machine that has some. */
export async function formerDataLoop(agent: Agent, signal: AbortSignal): Promise<void> {
  const { host, paths, readings, log } = agent.deps;
  const { clock, files } = host;
  const isKept = async () => (await readLeftRecord(files, paths.stateDir).catch(() => null))?.data.length !== 0;
  if (!(await isKept())) return;
  const failed = warnOfFormerData(log);
  await clock.sleep(firstMs, signal);
  while (!signal.aborted) {
    const situation = async () => ({
      now: doubtNow(agent) === null && agent.memory.current.coordinatorTime !== null ? clock.now() : null,
      freeBytes: (await readings.disk(paths.stateDir))?.freeBytes ?? null,
    });
    try {
      const gone = await tendFormerData(files, paths.stateDir, situation, failed);
      for (const { incarnation, cluster, member } of gone)
        log.info({ incarnation, cluster, member }, 'deleted the data of a former member');
    } catch (error) {
      failed(error);
    }
    await clock.sleep(everyMs, signal);
  }
}
