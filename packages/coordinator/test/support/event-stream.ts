import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { EventView } from '@picket/shared/protocol/events.ts';
import { inTime } from '../../../../test/support/until.ts';
import type { TestCoordinator } from './coordinator.ts';

/** A frame of server-sent events: its fields by name, with the comment under the empty name. */
export type Frame = Readonly<Record<string, string>>;

/** A reader of the event stream over a connection of its own. */
export interface Reader {
  readonly status: number;
  /** The next frame; null at the end of the stream. */
  next(): Promise<Frame | null>;
  /** The next events, without heartbeats. Throws if the stream ends before. */
  events(count: number): Promise<readonly EventView[]>;
  /** Resolves with the frames up to the end of the stream. */
  rest(): Promise<readonly Frame[]>;
  readonly response: IncomingMessage;
  close(): void;
}

/** How a client shows who it is. */
export interface ReaderOptions {
  readonly credentials: { readonly certificate: string; readonly key: string };
  readonly query?: string;
  readonly lastEventId?: number;
}

export async function readStream(
  { port, authority }: Pick<TestCoordinator, 'port' | 'authority'>,
  { credentials, query = '', lastEventId }: ReaderOptions,
): Promise<Reader> {
  const outgoing = httpsRequest({
    host: '127.0.0.1',
    port,
    path: `/v1/events/stream${query}`,
    ca: authority,
    cert: credentials.certificate,
    key: credentials.key,
    agent: false,
    headers: lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) },
  });
  outgoing.on('error', () => undefined);
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  response.on('error', () => undefined);
  const pieces = response[Symbol.asyncIterator]() as AsyncIterator<string>;
  let text = '';
  const reader: Reader = {
    status: response.statusCode ?? 0,
    response,
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end >= 0) {
          const frame = frameOf(text.slice(0, end));
          text = text.slice(end + 2);
          return frame;
        }
        const piece = await pieces.next().catch(() => ({ done: true as const, value: '' }));
        if (piece.done === true) return null;
        text += piece.value;
      }
    },
    async events(count) {
      const found: EventView[] = [];
      const read = async () => {
        while (found.length < count) {
          const frame = await reader.next();
          if (frame === null) throw new Error('the stream has ended');
          if (frame.data !== undefined && frame.event === undefined) found.push(JSON.parse(frame.data) as EventView);
        }
      };
      await inTime(`${count} events`, read(), () => JSON.stringify(found));
      return found;
    },
    async rest() {
      const frames: Frame[] = [];
      for (let frame = await reader.next(); frame !== null; frame = await reader.next()) frames.push(frame);
      return frames;
    },
    close: () => outgoing.destroy(),
  };
  return reader;
}

function frameOf(text: string): Frame {
  return Object.fromEntries(
    text.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    }),
  );
}
