import t from 'tap';
import { makeSpec } from '../../src/declaration/make-spec.ts';
import { namesToResolve } from '../../src/desired-state/names.ts';
import { seedCluster } from '../support/nodes.ts';

const all = ['192.168.7.11', '192.168.7.12', '192.168.7.13'];
const own = { name: 'x-k3s-m-2.edge.huatai.me', addresses: ['192.168.7.12'] };

function names(change: Parameters<typeof seedCluster>[0]) {
  const spec = makeSpec(seedCluster(change));
  return namesToResolve(spec, spec.members[1]!);
}

t.test('a member resolves its own name, and the shared ones, which lead to the members or to a VIP', async (t) => {
  t.strictSame(names({ serviceNames: ['etcd.edge.huatai.me'], vips: ['192.168.7.100'] }), [
    { ...own, usedBy: 'clients' },
    { name: 'etcd.edge.huatai.me', addresses: [...all, '192.168.7.100'], usedBy: 'clients' },
  ]);
});

t.test('if members are known by name, it resolves those of the others too, its own first', async (t) => {
  t.strictSame(names({ advertise: 'name' }), [
    { ...own, usedBy: 'peers' },
    { name: 'x-k3s-m-1.edge.huatai.me', addresses: ['192.168.7.11'], usedBy: 'peers' },
    { name: 'x-k3s-m-3.edge.huatai.me', addresses: ['192.168.7.13'], usedBy: 'peers' },
  ]);
});

t.test('members on loopback addresses have no names to resolve', async (t) => {
  const members = [1, 2].map((number) => ({ name: `x-k3s-m-${number}`, address: `127.0.0.1${number}` }));
  t.strictSame(names({ members, allowLoopback: true, serviceNames: ['etcd.edge.huatai.me'] }), []);
});
