import { parseJson } from '@picket/shared/parse-json.ts';
import { getOnce, type ProbeCredentials } from './probe.ts';

/** The cluster version, such as `3.6.0`, by the etcd at this client URL, over a new connection; null if it does not say. Never rejects. */
export type AskClusterVersion = (clientUrl: string, client: ProbeCredentials) => Promise<string | null>;

/** Asks `/version`, which needs no etcd user and no leader. */
export const askClusterVersion: AskClusterVersion = async (clientUrl, client) => {
  try {
    const { status, body } = await getOnce(`${clientUrl}/version`, client);
    return status === 200 ? clusterVersionIn(body) : null;
  } catch {
    return null;
  }
};

/** Of etcd's answer to `/version`. null in any other, and while its members have not agreed on one. */
export function clusterVersionIn(answer: string): string | null {
  const { etcdcluster: version } = (parseJson(answer) ?? {}) as { readonly etcdcluster?: unknown };
  return typeof version === 'string' && /^\d{1,6}\.\d{1,6}\.\d{1,6}$/.test(version) ? version : null;
}
