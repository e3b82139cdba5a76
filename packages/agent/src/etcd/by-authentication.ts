import { type Authentication, EtcdError, reasonOfEtcd, unauthenticated } from './etcd.ts';
import type { EtcdCaller, EtcdctlCaller } from './etcdctl-call.ts';

const off: Authentication = { on: false, refused: null, likeServers: [] };
const statusPath = 'maintenance/status';
const disablePath = 'auth/disable';

/**
 * Chooses by what etcd answers: the gateway, until it refuses a call because of authentication, then etcdctl. The call that
 * the gateway refused is tried there each time, so the agent returns to the gateway once authentication is off.
 *
 * @param etcdctl null if this agent cannot use it
 */
export function byAuthentication(etcdctl: EtcdctlCaller | null) {
  let known: Authentication = off;
  let refusedPath: string | null = null;

  /** Calls through this connection to the gateway, or through etcdctl. */
  async function call(gateway: EtcdCaller, ...asked: Parameters<EtcdCaller['call']>) {
    const [path] = asked;
    if (etcdctl !== null && refusedPath !== null && refusedPath !== path) return callEtcdctl(etcdctl, asked);
    try {
      const answer = await gateway.call(...asked);
      if (refusedPath === path) forget();
      return answer;
    } catch (error) {
      if (!isRefusal(error)) {
        // Silence says nothing about authentication.
        if (refusedPath === path) forget();
        throw error;
      }
      refusedPath = path;
      known = { ...known, on: true, refused: etcdctl === null ? reasonOfEtcd(error) : known.refused };
      if (etcdctl === null) throw error;
    }
    return callEtcdctl(etcdctl, asked);
  }

  async function callEtcdctl(through: EtcdctlCaller, asked: Parameters<EtcdCaller['call']>) {
    try {
      const answer = await through.call(...asked);
      if (asked[0] === statusPath) known = { on: true, refused: null, likeServers: through.likeServers() };
      if (asked[0] === disablePath) forget();
      return answer;
    } catch (error) {
      if (asked[0] === statusPath || isRefusal(error)) known = { ...known, on: true, refused: reasonOfEtcd(error) };
      throw error;
    }
  }

  function forget(): void {
    refusedPath = null;
    known = off;
  }

  return { call, known: () => known };
}

function isRefusal(error: unknown): boolean {
  return error instanceof EtcdError && error.grpcCode === unauthenticated;
}
