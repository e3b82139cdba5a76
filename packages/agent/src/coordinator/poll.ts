import { reasonOf } from '@picket/shared/errors.ts';
import { messageOf } from '@picket/shared/problems.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { accept } from './accept.ts';
import { keepDesiredState } from './desired-state-file.ts';
import { noteEviction } from './eviction.ts';
import type { Talk } from './heard.ts';
import { retryWaitMs } from './retry-wait.ts';
import { doubtNow, isClockToBlame, sleepWhileInDoubt, toTheSecond } from './time-in-doubt.ts';

const waitSeconds = 30;
/** The pause between two answers without news: it protects a coordinator that does not hold the poll. */
const restMs = 1000;

/**
 * Asks once and processes the answer: it stores a new state on the disk before that counts (R10), and never goes back
 * (R5). True if there is something new to act on or to report. Rejects as the client does.
 */
export async function fetchDesiredState(talk: Talk, wait: number, signal?: AbortSignal): Promise<boolean> {
  const { deps, memory, journal } = talk;
  const { host, paths, failpoint, log } = deps;
  const asked = deps.coordinator.desiredState(memory.current.etag?.value ?? null, wait, signal);
  const answer = await asked.catch(async (error: unknown) => {
    await isClockToBlame(talk, error);
    throw error;
  });
  if (answer.logOrder !== undefined) deps.beginLog?.(answer.logOrder);
  // The answer to a report has the time more exactly, but the first report may come later.
  if (answer.date !== undefined)
    memory.remember({ kind: 'time', time: toTheSecond(answer.date, host.clock.monotonic()), rough: true });
  if (answer.kind === 'unchanged') {
    memory.remember({ kind: 'unchanged', requestedAt: answer.requestedAt });
    return false;
  }
  const { document, etag, requestedAt } = answer;
  const acceptance = accept(journal.current(), document, memory.current.accepted);
  if (!acceptance.ok) {
    log.error({ generation: document.generation, inventory: document.inventory }, inWords(acceptance.why));
    memory.remember({ kind: 'refused', etag, why: acceptance.why });
    return true;
  }
  try {
    await keepDesiredState(document, { files: host.files, stateDir: paths.stateDir, journal, failpoint });
  } catch (error) {
    // The coordinator answers, so the next report can name the reason; without it, the coordinator would wait for this
    // generation.
    memory.remember({
      kind: 'not-kept',
      why: reason('generation_not_kept', { generation: document.generation, why: reasonOf(error) }),
    });
    throw error;
  }
  await deps.trustControl(document.trust.control).catch((error: unknown) => {
    log.warn({ problem: messageOf(error) }, 'the control bundle could not be stored');
  });
  memory.remember({ kind: 'accepted', document, etag, requestedAt });
  log.info({ generation: document.generation }, 'a desired state was accepted');
  return true;
}

/** Asks forever. An unreachable coordinator changes nothing on the node (R10). */
export async function pollDesiredState(talk: Talk, onNews: () => void, signal: AbortSignal): Promise<void> {
  const { host, log, random } = talk.deps;
  let failures = 0;
  while (!signal.aborted) {
    const began = host.clock.monotonic();
    try {
      if (await fetchDesiredState(talk, waitSeconds, signal)) onNews();
      else if (host.clock.monotonic() - began < restMs) await host.clock.sleep(restMs, signal);
      if (failures > 0) log.info({ failures }, 'the coordinator answers again');
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (noteEviction(talk, error)) onNews();
      failures += 1;
      // With the coordinator's time, this node may find that its own clock is wrong: then it reports that.
      const doubted = doubtNow(talk) !== null;
      if (doubted) onNews();
      else if (failures === 1)
        log.warn(
          { problem: messageOf(error) },
          'no desired state from the coordinator; this node goes on with its last one',
        );
      await sleepWhileInDoubt(talk, retryWaitMs(error, failures, random()), signal);
    }
  }
}
