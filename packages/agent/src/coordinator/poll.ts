import type { Agent } from '../loop/agent.ts';
import { noPauses } from '../loop/pauses.ts';
import { accept } from './accept.ts';
import { keepDesiredState } from './desired-state-file.ts';
import { retryWaitMs } from './retry-wait.ts';
import { doubtNow, isClockToBlame, sleepWhileInDoubt, toTheSecond } from './time-in-doubt.ts';

const waitSeconds = 30;
/** Between two answers that told nothing new: a coordinator that does not hold the poll must not be hammered. */
const restMs = 1000;

/**
 * Asks once and takes the answer in: kept on the disk before it counts (R10), and never a step backwards (R5).
 * True if there is something new to act on or to tell. Rejects as the client does.
 */
export async function fetchDesiredState(agent: Agent, wait: number, signal?: AbortSignal): Promise<boolean> {
  const { deps, memory, journal } = agent;
  const { host, paths, failpoint, log } = deps;
  const asked = deps.coordinator.desiredState(memory.etag?.value ?? null, wait, signal);
  const answer = await asked.catch(async (error: unknown) => {
    await isClockToBlame(agent, error);
    throw error;
  });
  noteTime(agent, answer.date);
  if (answer.kind === 'unchanged') {
    // It was still so when this request was sent: a lease that had been taken back would have changed it. The answer
    // speaks of the last document sent, which is not the accepted one if that was refused.
    if (memory.accepted !== null && memory.etag?.accepted === true) {
      memory.accepted = { ...memory.accepted, requestedAt: answer.requestedAt };
    }
    return false;
  }
  const { document, etag, requestedAt } = answer;
  const acceptance = accept(journal.current(), document, memory.accepted);
  if (!acceptance.ok) {
    log.error({ generation: document.generation, inventory: document.inventory }, acceptance.why);
    memory.etag = { value: etag, accepted: false };
    memory.refusal = acceptance.why;
    return true;
  }
  try {
    await keepDesiredState(document, { files: host.files, stateDir: paths.stateDir, journal, failpoint });
  } catch (error) {
    // The coordinator answers, so it can be told: otherwise it would wait for this generation without a reason.
    memory.refusal = `generation ${document.generation} could not be kept: ${messageOf(error)}`;
    throw error;
  }
  await deps.trustControl(document.trust.control).catch((error: unknown) => {
    log.warn({ problem: messageOf(error) }, 'the control bundle was not taken over');
  });
  memory.accepted = { document, requestedAt };
  memory.etag = { value: etag, accepted: true };
  memory.refusal = null;
  memory.pauses = noPauses;
  log.info({ generation: document.generation }, 'a desired state was accepted');
  return true;
}

/** A report is told the time more exactly, but the first of them may be some time off. */
function noteTime({ deps, memory }: Agent, date: number | undefined): void {
  if (date === undefined || (memory.coordinatorTime !== null && memory.coordinatorTime.undated !== true)) return;
  memory.coordinatorTime = toTheSecond(date, deps.host.clock.monotonic());
}

/** Asks for ever. A coordinator that is away changes nothing on the node (R10). */
export async function pollDesiredState(agent: Agent, onNews: () => void, signal: AbortSignal): Promise<void> {
  const { host, log, random } = agent.deps;
  let failures = 0;
  while (!signal.aborted) {
    const began = host.clock.monotonic();
    try {
      if (await fetchDesiredState(agent, waitSeconds, signal)) onNews();
      else if (host.clock.monotonic() - began < restMs) await host.clock.sleep(restMs, signal);
      if (failures > 0) log.info({ failures }, 'the coordinator answers again');
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      // Told of the time, this node may see that it is its own clock that is wrong: then that is what it says.
      const doubted = doubtNow(agent) !== null;
      if (doubted) onNews();
      else if (failures === 1)
        log.warn(
          { problem: messageOf(error) },
          'no desired state from the coordinator; this node goes on by its last one',
        );
      await sleepWhileInDoubt(agent, retryWaitMs(error, failures, random()), signal);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
