import { getOnce, type ProbeCredentials } from './probe.ts';

/** True if the etcd at this client URL answers a linearizable read over new connections. Never rejects. */
export type AskFormer = (clientUrl: string, client: ProbeCredentials) => Promise<boolean>;

/**
 * Asks `/readyz/linearizable_read`, or `/health` if this version has no such check. Neither needs an etcd user, so
 * authentication does not hide a member. If etcd accepts the connection, it is asked up to four times, 5 s each: its
 * cluster may be about to elect a leader. If it does not accept the connection, the answer is no at once.
 */
export function formerAsker(deadlineMs = 5_000, attempts = 4): AskFormer {
  return async (clientUrl, client) => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const answer = await read(clientUrl, client, deadlineMs);
      if (answer !== 'not now') return answer === 'answered';
    }
    return false;
  };
}

type Answer = 'answered' | 'not now' | 'unreachable';

async function read(clientUrl: string, client: ProbeCredentials, deadlineMs: number): Promise<Answer> {
  let connected = false;
  const get = async (path: string) =>
    getOnce(`${clientUrl}${path}`, client, deadlineMs, () => {
      connected = true;
    });
  try {
    const ready = await get('/readyz/linearizable_read');
    const { status } = ready.status === 404 ? await get('/health?exclude=NOSPACE') : ready;
    return status === 200 ? 'answered' : 'not now';
  } catch {
    return connected ? 'not now' : 'unreachable';
  }
}
