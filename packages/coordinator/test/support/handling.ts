import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inTime } from '../../../../test/support/until.ts';

/**
 * Resolves once the server waits for something in its handler of a request whose path, with its query, begins like
 * this.
 */
export async function handling(path: string): Promise<void> {
  await seen('tracing:fastify.request.handler:start', path);
}

/** Resolves once the server waits for news to answer a poll with. */
export async function polling(): Promise<void> {
  await seen('http.server.request.start', '/v1/node/desired-state?wait');
}

function seen(channel: string, path: string): Promise<void> {
  const come = new Promise<void>((resolve) => {
    function look(message: unknown): void {
      const { request } = message as { request: { url: string } };
      if (!request.url.startsWith(path)) return;
      unsubscribe(channel, look);
      // A handler runs until its first wait before anything else does.
      setImmediate(resolve);
    }
    subscribe(channel, look);
  });
  return inTime(`a request of ${path}`, come);
}
