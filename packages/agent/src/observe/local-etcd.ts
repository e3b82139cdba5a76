import { formatUrl } from '@picket/shared/etcd-config/urls.ts';
import { isLoopback } from '@picket/shared/names.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { EtcdEndpoint, EtcdGateway } from '../etcd/etcd.ts';
import { metricsPortOf } from '../model/conf.ts';

export type LocalEtcd = ReturnType<typeof localEtcd>;

/** The one gateway to this node's etcd. A change of address or certificate needs a new gateway. */
export function localEtcd(connect: (endpoint: EtcdEndpoint) => EtcdGateway) {
  let read: { readonly conf: string | null; readonly metrics: number | null } = { conf: null, metrics: null };
  let open: { readonly endpoint: string; readonly gateway: EtcdGateway } | null = null;

  async function close(): Promise<void> {
    const closing = open;
    open = null;
    await closing?.gateway.close();
  }

  return {
    /**
     * null while there is no credential.
     *
     * @param conf the conf.yml on the disk, which changes only while etcd is down; it says where etcd reports its
     *   health
     */
    async gateway(
      member: MemberState['member'],
      trust: string,
      credential: string | null,
      conf: string | null,
    ): Promise<EtcdGateway | null> {
      if (credential === null) return null;
      if (read.conf !== conf) read = { conf, metrics: conf === null ? null : metricsPortOf(conf) };
      const ports = { ...member.ports, metrics: read.metrics ?? member.ports.metrics };
      const wanted = endpointOf({ ...member, ports }, trust, credential);
      const endpoint = JSON.stringify(wanted);
      if (open?.endpoint === endpoint) return open.gateway;
      await close();
      const gateway = connect(wanted);
      open = { endpoint, gateway };
      return gateway;
    },
    close,
  };
}

function endpointOf({ address, ports }: MemberState['member'], trust: string, credential: string): EtcdEndpoint {
  return {
    clientUrl: formatUrl('https', address, ports.client),
    metricsUrl: formatUrl('http', isLoopback(address) ? address : '127.0.0.1', ports.metrics),
    trust,
    credential,
  };
}
