import t from 'tap';
import { accessAfterRemoval } from '../../src/render/eviction.ts';

t.test('the answer to a removal says until when certificates still give access to etcd', async (t) => {
  const none = { server: null, peer: null, client: null, admin: null };
  const until = '2027-11-27T13:02:25.000Z';
  t.same(
    accessAfterRemoval([
      { member: 'x-k3s-m-3', etcdAccess: { ...none, client: until, peer: until } },
      { member: 'x-k3s-m-4', etcdAccess: none },
    ]),
    [`The certificates of x-k3s-m-3 still give access to etcd: client until ${until}, peer until ${until}.`],
  );
  t.same(accessAfterRemoval(undefined), []);
});
