import { hash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { failure } from '@picket/shared/errors.ts';
import { codeOf } from './file-failure.ts';

/**
 * Does `work` while no other process of this machine works on the same folder. The lock is a listening socket in
 * Linux's abstract namespace: the kernel releases it when its process dies, so no lock can be stale. Throws
 * `service_busy` if the holder has not finished within `patienceMs`.
 */
export async function withMachineLock<T>(folder: string, patienceMs: number, work: () => Promise<T>): Promise<T> {
  const name = `\0picket-${hash('sha256', folder).slice(0, 32)}`;
  const held = await acquire(name, AbortSignal.timeout(patienceMs), patienceMs);
  try {
    return await work();
  } finally {
    held.release();
  }
}

async function acquire(name: string, patience: AbortSignal, patienceMs: number): Promise<{ release: () => void }> {
  for (;;) {
    const held = await listen(name);
    if (held !== null) return held;
    await holderEnds(name, patience);
    if (patience.aborted) throw failure('service_busy', { seconds: Math.round(patienceMs / 1000) });
  }
}

/** null while another process holds the name. */
async function listen(name: string): Promise<{ release: () => void } | null> {
  const waiting = new Set<{ destroy: () => void }>();
  const server: Server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => {}).once('close', () => waiting.delete(socket));
  });
  try {
    server.listen(name);
    await once(server, 'listening');
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') return null;
    throw error;
  }
  return {
    release() {
      server.close();
      // A waiting process connects; the end of its connection is the sign to try again.
      for (const socket of waiting) socket.destroy();
    },
  };
}

function holderEnds(name: string, patience: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(name);
    const end = () => {
      patience.removeEventListener('abort', end);
      socket.destroy();
      resolve();
    };
    patience.addEventListener('abort', end);
    socket.on('error', end).once('close', end);
    if (patience.aborted) end();
  });
}
