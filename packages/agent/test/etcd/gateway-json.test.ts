import t from 'tap';
import { alarmsFrom, countFrom, idFrom, idTo, memberFrom, storageFrom } from '../../src/etcd/gateway-json.ts';

t.test('ids beyond the precision of a double stay exact in both directions', async (t) => {
  t.equal(idFrom('18446744073709551615'), 'ffffffffffffffff');
  t.equal(idTo('ffffffffffffffff'), '18446744073709551615');
  t.equal(idFrom('12008374696562695619'), 'a6a65129d6689dc3');
});

t.test('an omitted number is zero', async (t) => {
  t.equal(idFrom(undefined), '0');
  t.equal(countFrom(undefined), 0);
  t.strictSame(memberFrom({}), { id: '0', name: '', peerUrls: [], clientUrls: [], isLearner: false });
});

t.test('reads alarms from the errors of a status as each version writes them, and ignores other errors', async (t) => {
  const cases = {
    '3.5 and 3.6': 'memberID:1897306993867916368 alarm:NOSPACE ',
    '3.7, with one space': 'memberID:1897306993867916368 alarm:NOSPACE',
    '3.7, with two': 'memberID:1897306993867916368  alarm:NOSPACE',
  };
  for (const [version, error] of Object.entries(cases))
    t.strictSame(alarmsFrom([error, 'etcdserver: no leader']), ['NOSPACE on 1a5496a8975c8450'], version);
  t.strictSame(alarmsFrom(undefined), []);
  for (const error of ['alarm:CORRUPT ', 'alarm:CORRUPT'])
    t.strictSame(alarmsFrom([error]), ['CORRUPT on 0'], 'etcd does not know whose data differs');
});

t.test(
  'reads the format of the data and a downgrade as etcd 3.6 and 3.7 say them; etcd 3.5 says neither',
  async (t) => {
    t.strictSame(storageFrom({ version: '3.5.16' }), {});
    const none = { storageVersion: '3.6.0', downgradeInfo: { enabled: false, targetVersion: '' } };
    t.strictSame(storageFrom({ version: '3.6.14', storageVersion: '3.6.0', downgradeInfo: {} }), none);
    const ordered = { storageVersion: '3.7.0', downgradeInfo: { enabled: true, targetVersion: '3.6.0' } };
    t.strictSame(storageFrom({ version: '3.7.1', ...ordered }), ordered);
  },
);
