import { askOnce, type Target } from './connection.ts';
import { requestText } from './request.ts';

const path = '/v1/node/desired-state?wait=0';

/** What an agent asks again and again, and the answer is always that nothing has changed. */
export interface Poll {
  readonly target: Target;
  readonly etag: string;
  readonly requests: readonly string[];
}

/** The poll of this node, once it knows its desired state. Rejects if the coordinator has none for it. */
export async function pollOf(target: Target): Promise<Poll> {
  const first = await askOnce(target, requestText('GET', path));
  const etag = /\r\netag: *(\S+)/i.exec(first.head)?.[1];
  if (first.status !== 200 || etag === undefined) throw new Error(`the node has no desired state: ${first.head}`);
  return { target, etag, requests: [requestText('GET', path, { 'if-none-match': etag })] };
}
