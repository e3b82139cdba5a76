import { sizeOf } from '@picket/shared/reasons/within.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { keptReport } from '../../src/model/kept-report.ts';
import { largeStatus } from '../support/large-status.ts';
import { servingAlone } from '../support/nodes.ts';

const longestList = Array.from({ length: 50 }, (_, index) => ({
  id: `91bc3c398fb3c${100 + index}`,
  name: `${'m'.repeat(60)}-${index}`,
  peerUrls: [`https://[2001:db8:85a3:8d3:1319:8a2e:370:${1000 + index}]:2380`],
  clientUrls: [
    `https://[2001:db8:85a3:8d3:1319:8a2e:370:${1000 + index}]:2379`,
    `https://${'m'.repeat(60)}.huatai.me:2379`,
  ],
  isLearner: false,
}));

t.test('R18: of the report of a client at most 16 KB are kept, of that of a member 64 KB', async (t) => {
  for (const text of ['ж', '\u0001', 'x']) {
    t.ok(sizeOf(keptReport.client(largeStatus(text), 1)) <= 8000);
    t.ok(sizeOf(keptReport.member(largeStatus(text), 1)) <= 32_000);
  }
});

t.test('R18: the reports of the largest fleet take little memory, and the longest member list is still kept', (t) => {
  const { etcd } = servingAlone('a1', 'x-k3s-m-1');
  const status = { ...largeStatus('ж'), etcd: etcd && { ...etcd, members: longestList } };
  const kept = keptReport.member(status, 1600);
  t.ok(sizeOf(kept) <= 24_000, `${sizeOf(kept)}`);
  t.strictSame(kept.etcd?.members, longestList);
  t.equal(kept.agent.waits.length, 20, 'texts are truncated first');
  t.end();
});

t.test('a report of an honest size is kept as it is', async (t) => {
  const { etcd, service } = servingAlone('a1', 'x-k3s-m-1');
  const log = Array.from({ length: 20 }, () => 'x'.repeat(900));
  const failed = { ...readyStatus(), service: { ...readyStatus().service, lastLog: log } };
  const large = { ...readyStatus(), service, etcd: etcd && { ...etcd, members: longestList } };
  for (const status of [readyStatus(), failed, large]) t.strictSame(keptReport.member(status, 1), status);
});

t.test('R18: a list of members that is larger than any honest one is not kept', async (t) => {
  const { etcd, service } = servingAlone('a1', 'x-k3s-m-1');
  const urls = Array.from({ length: 10 }, () => `https://${'x'.repeat(280)}`);
  const members = Array.from({ length: 8 }, () => ({
    ...{ id: '1', name: 'm', isLearner: false },
    ...{ peerUrls: urls, clientUrls: urls },
  }));
  const kept = keptReport.member({ ...readyStatus(), service, etcd: etcd && { ...etcd, members } }, 1);
  t.match(kept.etcd, { members: null, healthy: true });
});
