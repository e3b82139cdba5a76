import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';

export interface Task {
  /** The URL of a module of Picket. */
  readonly module: string;
  /** The function of it that is called. */
  readonly name: string;
  /** What it is given, call by call. */
  readonly calls: readonly (readonly unknown[])[];
}

/** A task, and where the thread sends the work of each call to. */
export interface Sent extends Task {
  readonly answer: MessagePort;
}

/**
 * The work of each call, to compare long texts with short ones: how many blocks of Picket's sources the engine entered, and how many
 * characters regular expressions and methods of strings passed over. No clock counts, so a busy machine changes nothing. What one search
 * of a regular expression takes beyond that is judged by `test/lint/expressions.test.ts`.
 */
export async function workOf(task: Task): Promise<readonly number[]> {
  const { port1: answers, port2: answer } = new MessageChannel();
  const sent: Sent = { ...task, answer };
  const worker = new Worker(new URL('count-work.ts', import.meta.url), { workerData: sent, transferList: [answer] });
  const failed = once(worker, 'exit').then(([code]) => {
    throw new Error(`the work was not counted: the thread ended with ${code}`);
  });
  const [work] = (await Promise.race([once(answers, 'message'), failed])) as [readonly number[]];
  answers.close();
  return work;
}
