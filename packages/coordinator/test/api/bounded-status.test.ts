import { misfit } from '@picket/shared/protocol/check.ts';
import { RenderedStatus } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { renderedNodes } from '../../src/api/bounded-status.ts';
import { renderedInStatus } from '../../src/api/rendered-within.ts';
import { keptReport } from '../../src/model/kept-report.ts';
import { largeStatus } from '../support/large-status.ts';
import { servingAlone } from '../support/nodes.ts';
import { reasonsOf } from '../support/said.ts';

const mib = 1024 * 1024;
const octetsOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const urls = Array.from({ length: 10 }, () => `https://${'ж'.repeat(280)}`);

/** A member that lists as many members as it may, beside its texts. */
function largeMember(text: string) {
  const { etcd } = servingAlone('a1', 'x-k3s-m-1');
  if (etcd === null) throw new Error('it has an etcd');
  const listed = { id: '1', name: 'm', peerUrls: urls, clientUrls: urls, isLearner: false };
  const alarms = Array.from({ length: 20 }, () => text.repeat(200));
  return { ...largeStatus(text), etcd: { ...etcd, alarms, members: Array.from({ length: 100 }, () => listed) } };
}

for (const [what, text] of [
  ['Cyrillic letters', 'ж'],
  ['control characters, which JSON makes six times as long', '\u0001'],
  ['plain text', 'x'],
] as const) {
  t.test(`R18: a status has at most 4 MiB, however much all nodes report: ${what}`, async (t) => {
    const members = Array.from({ length: 50 }, (_, index) => ({
      name: `m-${index}`,
      status: keptReport.member(largeMember(text), 1),
    }));
    const clients = Array.from({ length: 1000 }, (_, index) => ({
      name: `client-${index}`,
      status: keptReport.client(largeStatus(text), 1),
    }));
    const honest = { name: 'honest', status: { ...readyStatus(), ...servingAlone('life0001', 'honest') } };
    const told = renderedNodes([...members, honest], clients);
    t.ok(octetsOf(told) < 3 * mib, `${octetsOf(told)} octets, beside at most 1 MiB of sentences`);
    t.strictSame(told.members.at(-1), honest, 'a node that reports little is shown as it is');
    const [member] = told.members;
    const { members: _listed, alarms: _alarms, ...etcd } = servingAlone('a1', 'x-k3s-m-1').etcd ?? { members: null };
    t.match(member, { status: { service: { state: 'stopped' }, etcd }, name: 'm-0' }, 'what decides something remains');
    t.match(member?.status?.agent.waits.at(-1)?.code, 'more_reported', 'it says that there is more');
    for (const { status } of [...told.members, ...told.clients.slice(0, 3)])
      t.equal(misfit(RenderedStatus, status), undefined);
  });
}

t.test('all nodes are shown with all that they report while there is room for it', async (t) => {
  const views = [{ name: 'x-k3s-m-1', status: keptReport.member(largeStatus('x'), 1) }];
  const { members } = renderedNodes(views, []);
  t.equal(members[0]?.status?.agent.waits.length, 20);
  t.match(members[0]?.status?.agent.waits.at(-1), { code: 'error_says' });
});

t.test('R18: sentences about a cluster beyond the room in its status are counted', async (t) => {
  const one = reason('error_says', { text: 'ж'.repeat(1200) });
  const told = renderedInStatus(Array.from({ length: 1000 }, () => one));
  t.ok(octetsOf(told) < mib / 2 + 1000);
  t.strictSame(reasonsOf(told).at(-1), reason('more_told', { count: 1001 - told.length }));
});
