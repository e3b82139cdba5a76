import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';

export type StatusAnswer = { readonly status: ClusterStatusView } | { readonly error: string };

/**
 * Gives what asks for a status, again and again, without a process of `picket` each time. That throws what the coordinator
 * says, or that it does not answer. Its own process ends with the namespaces that it is in.
 *
 * @param enter the command line that runs a program where the coordinator can be reached
 */
export function statusReader(
  enter: readonly string[],
  contextFile: string,
): (cluster: string) => Promise<ClusterStatusView> {
  const program = join(import.meta.dirname, 'status-reader-program.ts');
  let ask: ((cluster: string) => Promise<StatusAnswer>) | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function start() {
    const [command, ...args] = [...enter, process.execPath, program, contextFile];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return async (cluster: string) => {
      child.stdin.write(`${cluster}\n`);
      const { value } = await lines.next();
      if (value === undefined) throw new Error('the program that asks for the status has ended');
      return JSON.parse(value) as StatusAnswer;
    };
  }

  return async (cluster) => {
    ask ??= start();
    const asking = ask;
    const answer = last.then(() => asking(cluster));
    last = answer.catch(() => undefined);
    const answered = await answer;
    if ('error' in answered) throw new Error(answered.error);
    return answered.status;
  };
}
