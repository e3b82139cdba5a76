import t from 'tap';
import { alarmsFrom, countFrom, idFrom, idTo, memberFrom } from '../../src/etcd/gateway-json.ts';

t.test('ids beyond what a double holds come and go exactly', async (t) => {
  t.equal(idFrom('18446744073709551615'), 'ffffffffffffffff');
  t.equal(idTo('ffffffffffffffff'), '18446744073709551615');
  t.equal(idFrom('12008374696562695619'), 'a6a65129d6689dc3');
});

t.test('what is left out is zero', async (t) => {
  t.equal(idFrom(undefined), '0');
  t.equal(countFrom(undefined), 0);
  t.strictSame(memberFrom({}), { id: '0', name: '', peerUrls: [], clientUrls: [], isLearner: false });
});

t.test('alarms are read out of the errors of a status, and other errors are none', async (t) => {
  t.strictSame(alarmsFrom(['memberID:1897306993867916368 alarm:NOSPACE ', 'etcdserver: no leader']), [
    'NOSPACE on 1a5496a8975c8450',
  ]);
  t.strictSame(alarmsFrom(undefined), []);
});
