import { clientUrl } from '@picket/shared/etcd-config/member-config.ts';
import { plain } from '@picket/shared/plain.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';

/** What a k3s server is told of its datastore, by the names of its environment. */
export interface K3sDatastore {
  readonly K3S_DATASTORE_ENDPOINT: string;
  readonly K3S_DATASTORE_CAFILE: string;
  readonly K3S_DATASTORE_CERTFILE: string;
  readonly K3S_DATASTORE_KEYFILE: string;
}

/** Every declared member is an endpoint: its etcd client goes on with those that answer. */
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
  const name = plain(spec.name);
  const flags = Object.entries(datastore).map(
    ([variable, value]) =>
      `#       ${variable.replace('K3S_', '--').replaceAll('_', '-').toLowerCase()}=${plain(value)}`,
  );
  return [
    `# The etcd cluster ${name} as the datastore of k3s. For a k3s server, these lines belong into`,
    '#   with systemd: /etc/systemd/system/k3s.service.env',
    '#   with OpenRC:  /etc/rancher/k3s/k3s.env',
    '# or, exported, into the environment of the k3s installer, which writes that file.',
    '# The files are there on every member, and its agent keeps them fresh. On any other machine, an agent does that',
    `# has joined as a client: picket token create ${name} --client`,
    ...Object.entries(datastore).map(([variable, value]) => `${variable}=${plain(value)}`),
    '# The same as flags:',
    '#   k3s server',
    ...flags,
  ].join('\n');
}
