import { reasonOf } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { refuseUpgrade } from '../http/refuse-upgrade.ts';

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

const deadlineMs = 5_000;
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

interface ProbeAnswer {
  readonly status: number | undefined;
  readonly body: string;
}

/**
 * One GET over a new connection; rejects if no answer arrives in time. Calls `connected` once the connection is open.
 */
export async function getOnce(
  url: string,
  { trust, credential }: ProbeCredentials,
  ms = deadlineMs,
  connected: () => void = () => undefined,
): Promise<ProbeAnswer> {
  // Loaded only when needed: restarts are rare, and this module costs an idle agent memory.
  const { request } = await import('node:https');
  return new Promise((resolve, reject) => {
    const options = {
      ca: trust,
      cert: credential,
      key: credential,
      // No agent: a pooled connection would prove nothing about a handshake now.
      agent: false,
      signal: AbortSignal.timeout(ms),
    } as const;
    const asking = request(url, options, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > mostBytes) answer.destroy(new Error(`the answer of ${url} is too long`));
      });
      answer.on('end', () => resolve({ status: answer.statusCode, body }));
      answer.on('error', reject);
    });
    asking.on('socket', (socket) => socket.once('secureConnect', connected));
    const fail = (error: Error): void => reject(new Error(`${url} cannot be reached: ${error.message}`));
    asking.on('error', fail);
    refuseUpgrade(asking, fail);
    asking.end();
  });
}
