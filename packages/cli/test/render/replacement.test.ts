import t from 'tap';
import { givenUpByReplacement } from '../../src/render/replacement.ts';
import { clusterStatus, member, status } from '../support/views.ts';

/** What is shown about the former data of a member whose node reports this about its etcd. */
function shown(service: Partial<ReturnType<typeof status>['service']>): string {
  const reported = status(0, { service: { ...status(0).service, ...service } });
  return givenUpByReplacement(clusterStatus({ members: [member(0, { status: reported })] }), 'x-k3s-m-1');
}

t.test('a replacement says of the former data what is true', async (t) => {
  const stays = /Its former data stays on its disk and is never used again\.\n/;
  const gone =
    /Its node reports that its data is gone: deleted, or on a disk that is not mounted\. Picket never uses it again\.\n/;
  t.match(shown({}), stays);
  t.match(shown({ state: 'stopped' }), stays);
  for (const text of [shown({ dataGone: true }), shown({ state: 'lost-data' })]) {
    t.match(text, gone);
    t.notMatch(text, stays);
  }
});

t.test('of a member without a report, a replacement does not say that its data stays', async (t) => {
  const text = givenUpByReplacement(clusterStatus({ members: [member(0, { status: null })] }), 'x-k3s-m-1');
  t.match(text, /Data that is left on its disk is never used again\.\n/);
  t.notMatch(text, /stays/);
});
