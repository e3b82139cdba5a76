import type { ClientRequest } from 'node:http';

/**
 * Fails a request that is answered by a switch of protocols (HTTP 101). Node.js emits neither an answer nor an error for it, and the
 * time limit of the request has no effect any more: whoever is asked could keep the agent waiting without end (R18).
 */
export function refuseUpgrade(asking: ClientRequest, reject: (error: Error) => void): void {
  asking.on('upgrade', (_answer, socket) => {
    socket.destroy();
    reject(new Error('it switches protocols (HTTP 101)'));
  });
}
