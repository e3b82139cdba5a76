import t from 'tap';
import { k3sEnvironment } from '../../src/render/k3s.ts';
import { cluster } from '../support/views.ts';

const { spec } = cluster;

function endpointIn(text: string): string | undefined {
  return /^K3S_DATASTORE_ENDPOINT=(.*)$/m.exec(text)?.[1];
}

t.test('k3s is given every member and the files that the agent renews', (t) => {
  t.equal(
    k3sEnvironment(spec),
    `\
# The etcd cluster x-k3s as the datastore of k3s. On a k3s server, put these lines into
#   with systemd: /etc/systemd/system/k3s.service.env
#   with OpenRC:  /etc/rancher/k3s/k3s.env
# or export them for the k3s installer, which writes that file.
# Every member has these files, and its agent renews them. Any other machine gets them from an agent that
# has joined as a client: picket token create x-k3s --client
# A k3s that has run on this server before starts empty with these lines: it copies nothing from its former datastore. See
# docs/how-to/connect-k3s.md.
K3S_DATASTORE_ENDPOINT=https://192.168.7.11:2379,https://192.168.7.12:2379,https://192.168.7.13:2379
K3S_DATASTORE_CAFILE=/etc/etcd/ca.pem
K3S_DATASTORE_CERTFILE=/etc/etcd/client.pem
K3S_DATASTORE_KEYFILE=/etc/etcd/client-key.pem
# The same as flags:
#   k3s server
#       --datastore-endpoint=https://192.168.7.11:2379,https://192.168.7.12:2379,https://192.168.7.13:2379
#       --datastore-cafile=/etc/etcd/ca.pem
#       --datastore-certfile=/etc/etcd/client.pem
#       --datastore-keyfile=/etc/etcd/client-key.pem`,
  );
  t.end();
});

t.test('names, where the cluster advertises names', (t) => {
  const text = k3sEnvironment({ ...spec, advertise: 'name', members: spec.members.slice(0, 1) });
  t.equal(endpointIn(text), 'https://x-k3s-m-1.edge.huatai.me:2379');
  t.end();
});

t.test('IPv6 and a port of its own', (t) => {
  const members = [{ name: 'm-1', address: 'fd00::1' }];
  const text = k3sEnvironment({ ...spec, members, ports: { client: 12379, peer: 12380, metrics: 12381 } });
  t.equal(endpointIn(text), 'https://[fd00::1]:12379');
  t.end();
});
