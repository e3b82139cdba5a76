import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { formed } from '../support/voters.ts';

t.test('a node learns at once that operators have removed its member or deleted its cluster', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const wordOf = async (number: number) =>
    (await nodes[number - 1]?.client.get('/v1/node/member'))?.json<OwnMember>().leaving;
  t.strictSame([await wordOf(2), await wordOf(3)], [undefined, undefined]);
  const members = [1, 2].map((number) => ({ name: `x-k3s-m-${number}`, address: `192.168.7.1${number}` }));
  const headers = { 'if-match': '"1"' };
  const removal = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', { headers, body: { members } });
  t.equal(removal.status, 200, removal.text);
  t.strictSame([await wordOf(2), await wordOf(3)], [undefined, true], 'etcd has not removed it yet');
  const deletion = await coordinator.admin.post('/v1/clusters/x-k3s/delete', { confirm: 'x-k3s' });
  t.equal(deletion.status, 200, deletion.text);
  t.strictSame([await wordOf(2), await wordOf(3)], [true, true]);
});
