import t from 'tap';
import { clientName, peerSans, serverSans } from '../../src/etcd-config/certificate-names.ts';

const member = { name: 'x-k3s-m-1', fqdn: 'x-k3s-m-1.edge.huatai.me', address: '192.168.7.11' };
const dns = (value: string) => ({ type: 'dns', value });
const ip = (value: string) => ({ type: 'ip', value });

t.test('a server certificate names the service, its virtual addresses, the member and loopback', async (t) => {
  t.strictSame(serverSans({ ...member, serviceNames: ['etcd.edge.huatai.me'], virtualIps: ['192.168.7.10'] }), [
    dns('etcd.edge.huatai.me'),
    dns('x-k3s-m-1.edge.huatai.me'),
    dns('x-k3s-m-1'),
    dns('localhost'),
    ip('192.168.7.10'),
    ip('192.168.7.11'),
    ip('127.0.0.1'),
    ip('::1'),
  ]);
});

t.test('a peer certificate names the member and 127.0.0.1', async (t) => {
  t.strictSame(peerSans(member), [
    dns('x-k3s-m-1.edge.huatai.me'),
    dns('x-k3s-m-1'),
    ip('192.168.7.11'),
    ip('127.0.0.1'),
  ]);
});

t.test('without a domain there is the short name alone', async (t) => {
  t.strictSame(peerSans({ name: 'a', address: '10.0.0.1' }), [dns('a'), ip('10.0.0.1'), ip('127.0.0.1')]);
});

t.test('no name is there twice', async (t) => {
  t.strictSame(peerSans({ name: 'a', fqdn: 'a', address: '127.0.0.1' }), [dns('a'), ip('127.0.0.1')]);
});

t.test('a host called root does not log in as root', async (t) => {
  t.equal(clientName('root'), 'client:root');
});

t.test('a common name has at most 64 characters', async (t) => {
  t.equal(clientName('a'.repeat(63)).length, 64);
});
