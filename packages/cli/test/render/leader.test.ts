import t from 'tap';
import { endpointStatus, leaderOf } from '../../src/render/endpoint-status.ts';
import { noPaint } from '../../src/render/paint.ts';
import { renderStatus } from '../../src/render/status.ts';
import { before, clusterStatus, etcd, member, service, status } from '../support/views.ts';

const ids = [0, 1, 2].map((place) => etcd(place as 0 | 1 | 2).memberId);
const [first, second] = ids;

/** Of each member in turn: its raft term, the leader that it names, and the age of its report in seconds. */
function reports(...of: readonly (readonly [term: number, leader: string, age: number])[]) {
  return clusterStatus({
    members: of.map(([raftTerm, leader, age], place) =>
      member(place as 0 | 1 | 2, {
        reportedAt: before(age),
        status: status(place as 0 | 1 | 2, { etcd: etcd(place as 0 | 1 | 2, { raftTerm, leader }) }),
      }),
    ),
  });
}

t.test('a member that was cut off still calls itself the leader: only the highest term counts', async (t) => {
  const view = reports([7, first as string, 4], [8, second as string, 4], [8, second as string, 4]);
  t.equal(leaderOf(view), second);
  t.same(endpointStatus(view).match(/\| +true \|/g)?.length, 1);
});

t.test('a candidate of the highest term that sees no leader does not hide the one that another sees', async (t) => {
  t.equal(leaderOf(reports([8, '0', 4], [8, second as string, 4], [7, first as string, 4])), second);
});

t.test('the highest term has no leader yet: none leads', async (t) => {
  t.equal(leaderOf(reports([8, '0', 4], [7, first as string, 4], [7, first as string, 4])), '0');
});

t.test('an old report says nothing about who leads, and its values are marked', async (t) => {
  const view = reports([9, first as string, 16], [8, second as string, 4], [8, second as string, 4]);
  t.equal(leaderOf(view), second);
  const [line = ''] = endpointStatus(view).split('\n').slice(3);
  t.match(line, /\| +3\.5\.2\? \| +20 kB\? \| +false\? \| +false\? \| +9\? \|/);
  t.match(renderStatus(view, noPaint), /• healthy\? {3}/);
});

t.test('an old report about etcd is marked as old', async (t) => {
  const crashed = { ...service, state: 'crashed', restarts: 1 } as const;
  const of = (age: number) =>
    clusterStatus({ members: [member(0, { reportedAt: before(age), status: status(0, { service: crashed }) })] });
  t.match(renderStatus(of(4), noPaint), '\nx-k3s-m-1: etcd has crashed (restarts: 1)');
  t.match(renderStatus(of(60), noPaint), '\nx-k3s-m-1, at its last report: etcd has crashed (restarts: 1)');
});

t.test('if every report is old, nobody knows who leads', async (t) => {
  const view = reports([8, first as string, 16], [8, first as string, 16], [8, first as string, 16]);
  t.equal(leaderOf(view), null);
  t.equal(endpointStatus(view).match(/\| +\? \|/g)?.length, 3);
});
