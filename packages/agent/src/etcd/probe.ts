import { reasonOf } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { exchangeOnce } from '../http/connection.ts';
import { type Answer, AnswerTooLongError } from '../http/exchange.ts';

/**
 * What is needed to ask another member whether it is healthy: fresh handshakes with this node's current credentials.
 */
interface ProbeRequest {
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly peer: ProbeCredentials;
  readonly client: ProbeCredentials;
  /** Where to ask for its health; `/health` by default, see `healthPath`. */
  readonly healthPath?: string;
}

export interface ProbeCredentials {
  /** PEM bundle that must vouch for the other side. */
  readonly trust: string;
  /** Certificate and key in one PEM. */
  readonly credential: string;
}

/** Resolves to null if the member is healthy, else to the reason. Never rejects. */
export type Probe = (request: ProbeRequest) => Promise<Reason | null>;

const usualDeadlineMs = 5_000;
const mostBytes = 16 * 1024;

/**
 * Asks a member over new connections (R2): its peer port, which shows that both sides accept each other’s peer
 * certificates, and its health, which is a linearizable read. A TLS 1.3 client finishes its handshake before the server
 * has checked the client's certificate, so both requests wait for an answer.
 */
export const probeMember: Probe = async ({ peerUrl, clientUrl, peer, client, healthPath = '/health' }) => {
  try {
    await fetchOnce(`${peerUrl}/version`, peer);
    const health = await fetchOnce(`${clientUrl}${healthPath}`, client);
    return /"health"\s*:\s*"true"/.test(health) ? null : reason('voter_not_healthy');
  } catch (error) {
    return reasonOf(error);
  }
};

async function fetchOnce(url: string, credentials: ProbeCredentials): Promise<string> {
  const { status, body } = await getOnce(url, credentials);
  if (status !== 200) throw new Error(`${url} answered with status ${status}`);
  return body;
}

/**
 * One GET over a new connection, since a pooled one would prove nothing about a handshake now. Rejects if no answer arrives in time.
 * Calls `connected` once the connection is open.
 */
export async function getOnce(
  url: string,
  credentials: ProbeCredentials,
  deadlineMs = usualDeadlineMs,
  connected?: () => void,
): Promise<Answer> {
  try {
    return await exchangeOnce(url, credentials, { deadlineMs, mostBytes }, connected);
  } catch (error) {
    if (error instanceof AnswerTooLongError) throw new Error(`the answer of ${url} is too long`);
    throw new Error(`${url} cannot be reached: ${(error as Error).message}`);
  }
}
