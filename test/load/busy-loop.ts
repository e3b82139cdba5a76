import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Keeps one processor busy until the signal fires. */
export async function busyLoop(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const loop = new Worker('for (;;);', { eval: true });
  await once(signal, 'abort');
  await loop.terminate();
}
