import { messageOf } from '@picket/shared/problems.ts';
import type { LogAnswer, LogOrder } from '@picket/shared/protocol/logs.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import type { Log } from '../program/log.ts';

/** At the same time: each takes some megabytes of memory for a moment. */
const mostAtOnce = 2;

/**
 * Reads logs beside everything else. It delays neither a poll nor a report, and nobody waits for it.
 *
 * @param read does not throw
 * @returns begins with an order
 */
export function logErrand(
  coordinator: Pick<CoordinatorClient, 'sendLog'>,
  read: (order: LogOrder) => Promise<LogAnswer>,
  log: Log,
): (order: LogOrder) => void {
  let running = 0;
  return (order) => {
    // The coordinator gives a node one order at a time. The operator reads that this node does not answer.
    if (running >= mostAtOnce) return;
    running += 1;
    const work = async (): Promise<void> => {
      try {
        await coordinator.sendLog(order.id, await read(order));
      } catch (error) {
        // The operator may have given up.
        log.info({ problem: messageOf(error) }, 'the lines of a log could not be sent');
      } finally {
        running -= 1;
      }
    };
    void work();
  };
}
