import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface PipelineLimits {
  /** Requests that wait on one connection. */
  readonly ofConnection: number;
  /** Requests that wait on all connections, but for the first of each. */
  readonly ofAll: number;
}

/** Both are far above what a client needs: those of Picket, like most others, wait for an answer before they ask again. */
const pipelineLimits: PipelineLimits = { ofConnection: 64, ofAll: 512 };

/** Requests that wait with their responses, in order of arrival. */
type Lane = (readonly [IncomingMessage, ServerResponse])[];

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Lets a server answer one request of a connection after the other (R18). Node.js begins all requests that a client sends
 * without waiting, and keeps their answers in memory until the client reads them. Here, such requests wait: nothing is read
 * from their connection meanwhile. What had arrived already is bounded; beyond that, the connection is closed. Call it
 * after the server's listeners are complete.
 */
export function oneAtATime(server: EventEmitter, limits = pipelineLimits): void {
  /** Of each connection with a request that is being answered. */
  const lanes = new WeakMap<Socket, Lane>();
  const begin = server.listeners('request') as Listener[];
  let waiting = 0;
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const lane = lanes.get(socket);
    if (lane === undefined) {
      answer(request, response);
      return;
    }
    // A client that has its answer may ask again before the end of that answer is noticed here: the first that waits always may.
    if (lane.length >= limits.ofConnection || (lane.length > 0 && waiting >= limits.ofAll)) {
      socket.destroy();
      return;
    }
    if (lane.length === 0) {
      // Once the parser is done with this request, it makes the socket flow again.
      process.nextTick(() => {
        if (lane.length > 0) socket.pause();
      });
    }
    lane.push([request, response]);
    waiting += 1;
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (!lanes.has(socket)) lanes.set(socket, []);
    response.once('close', () => next(socket));
    for (const listener of begin) listener.call(server, request, response);
  }

  function next(socket: Socket): void {
    const lane = lanes.get(socket);
    const [request, response] = (socket.destroyed ? undefined : lane?.shift()) ?? [];
    if (lane === undefined || request === undefined || response === undefined) {
      waiting -= lane?.length ?? 0;
      lanes.delete(socket);
      return;
    }
    waiting -= 1;
    if (lane.length === 0) socket.resume();
    answer(request, response);
  }
}
