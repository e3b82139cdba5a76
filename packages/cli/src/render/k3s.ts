import { clientUrl } from '@picket/shared/etcd-config/member-config.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';

/** The settings of a k3s server for its datastore, by the names of its environment variables. */
export interface K3sDatastore {
  readonly K3S_DATASTORE_ENDPOINT: string;
  readonly K3S_DATASTORE_CAFILE: string;
  readonly K3S_DATASTORE_CERTFILE: string;
  readonly K3S_DATASTORE_KEYFILE: string;
}

/** Every declared member is an endpoint: k3s’s etcd client uses those that answer. */
export function k3sDatastore({ members, domain, advertise, ports }: ClusterSpec): K3sDatastore {
  const urls = members.map(({ name, address }) => clientUrl({ address, advertise, fqdn: `${name}.${domain}`, ports }));
  return {
    K3S_DATASTORE_ENDPOINT: urls.join(','),
    K3S_DATASTORE_CAFILE: '/etc/etcd/ca.pem',
    K3S_DATASTORE_CERTFILE: '/etc/etcd/client.pem',
    K3S_DATASTORE_KEYFILE: '/etc/etcd/client-key.pem',
  };
}

/** `picket cluster k3s`: an environment file, whose comments say where it goes. */
export function k3sEnvironment(spec: ClusterSpec): string {
  const datastore = k3sDatastore(spec);
  const { name } = spec;
  const flags = Object.entries(datastore).map(
    ([variable, value]) => `#       ${variable.replace('K3S_', '--').replaceAll('_', '-').toLowerCase()}=${value}`,
  );
  return [
    `# The etcd cluster ${name} as the datastore of k3s. On a k3s server, put these lines into`,
    '#   with systemd: /etc/systemd/system/k3s.service.env',
    '#   with OpenRC:  /etc/rancher/k3s/k3s.env',
    '# or export them for the k3s installer, which writes that file.',
    '# Every member has these files, and its agent renews them. Any other machine gets them from an agent that',
    `# has joined as a client: picket token create ${name} --client`,
    '# A k3s that has run on this server before starts empty with these lines: it copies nothing from its former datastore. See',
    '# docs/how-to/connect-k3s.md.',
    ...Object.entries(datastore).map(([variable, value]) => `${variable}=${value}`),
    '# The same as flags:',
    '#   k3s server',
    ...flags,
  ].join('\n');
}
