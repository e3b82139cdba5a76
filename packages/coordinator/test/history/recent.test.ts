import type { EtcdReport, NodeStatus } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { idleMachine, readyStatus } from '../../../shared/test/samples/node-status.ts';
import { recentFigures } from '../../src/history/recent.ts';
import { servingAlone } from '../support/nodes.ts';

const minute = 60_000;
const start = Date.UTC(2026, 10, 1);

function serving(changes: Partial<EtcdReport> = {}): NodeStatus {
  const { service, etcd } = servingAlone('life0001', 'pi-1');
  return { ...readyStatus(), service, etcd: etcd && { ...etcd, ...changes } };
}

t.test('elections are counted by the term, from the second report on', (t) => {
  const recent = recentFigures();
  const elections = () => recent.of('node0001').map(({ figures }) => figures.elections);
  recent.note('node0001', serving({ raftTerm: 7 }), start);
  t.same(elections(), [null]);
  recent.note('node0001', serving({ raftTerm: 7 }), start + 1);
  t.same(elections(), [0]);
  recent.note('node0001', serving({ raftTerm: 8, leader: '0' }), start + 2);
  recent.note('node0001', { ...serving(), etcd: null }, start + 3);
  recent.note('node0001', serving({ raftTerm: 9 }), start + 4);
  recent.note('node0001', serving({ raftTerm: 3 }), start + 5);
  t.same(elections(), [2], 'also those while it knew no leader; a term never falls');
  recent.note('node0001', serving({ raftTerm: 90, memberId: 'b2' }), start + 6);
  t.same(elections(), [2], 'another incarnation begins again');
  recent.note('node0001', serving({ raftTerm: 2 ** 48, memberId: 'b2' }), start + 7);
  t.same(elections(), [256], 'one false report does not count more than others can');
  t.end();
});

t.test('R18: what the store does not take is kept for two hours, the newest', (t) => {
  const recent = recentFigures();
  for (let index = 0; index < 100; index += 1) recent.note('node0001', serving(), start + index * 5 * minute);
  t.equal(recent.of('node0001').length, 24);
  t.equal(recent.of('node0001').at(-1)?.slot, start / (5 * minute) + 99);
  const taken = recent.take();
  for (let index = 100; index < 110; index += 1) recent.note('node0001', serving(), start + index * 5 * minute);
  recent.giveBack(taken);
  const slots = recent.of('node0001').map(({ slot }) => slot - start / (5 * minute));
  t.equal(slots.length, 24);
  t.equal(slots[0], 86);
  t.equal(slots.at(-1), 109);
  t.end();
});

t.test('R18: a node that reports no longer is forgotten', (t) => {
  const recent = recentFigures();
  recent.note('node0001', serving({ raftTerm: 2 }), start);
  t.equal(recent.take().size, 1);
  t.equal(recent.take().size, 0);
  recent.note('node0001', serving({ raftTerm: 5 }), start);
  t.equal(recent.of('node0001')[0]?.figures.elections, null, 'not even its term is known');
  t.end();
});

t.test('a report without any figure makes no point', (t) => {
  const recent = recentFigures();
  recent.note('node0001', { ...readyStatus(), machine: idleMachine }, start);
  t.same(recent.of('node0001'), []);
  recent.note('node0001', { ...readyStatus(), machine: { ...idleMachine, temperatureCelsius: 61 } }, start);
  t.equal(recent.of('node0001')[0]?.figures.temperature, 61);
  t.end();
});
