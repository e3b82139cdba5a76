/** What a stream of server-sent events says. */
export interface StreamListener {
  /** An event, as JSON. */
  event(data: unknown): void;
  /** The reader has everything up to this ID. */
  upTo(id: number): void;
  /** A message of the coordinator: some events are missing. */
  gap(message: string): void;
}

/** More than any frame of a coordinator. */
const longestFrame = 1_048_576;

/**
 * Reads server-sent events, which arrive in pieces of any size. A frame of a kind that this `picket` does not know is
 * left out.
 *
 * @param listener called for each frame, in order
 * @returns takes the next piece; throws `RangeError` and `SyntaxError` for what no coordinator sends
 */
export function eventReader(listener: StreamListener): (octets: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = '';
  return (octets) => {
    const frames = (rest + decoder.decode(octets, { stream: true })).split('\n\n');
    rest = frames.pop() ?? '';
    if (rest.length > longestFrame) throw new RangeError(`an event has more than ${longestFrame} characters`);
    for (const frame of frames) read(frame, listener);
  };
}

function read(frame: string, listener: StreamListener): void {
  const fields = new Map(
    frame.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    }),
  );
  const data = fields.get('data');
  if (data !== undefined) {
    const kind = fields.get('event') ?? 'message';
    if (kind === 'message') listener.event(JSON.parse(data));
    if (kind === 'gap') listener.gap(String((JSON.parse(data) as { readonly message?: unknown }).message));
  }
  const id = fields.get('id') ?? '';
  if (/^\d{1,15}$/.test(id)) listener.upTo(Number(id));
}
