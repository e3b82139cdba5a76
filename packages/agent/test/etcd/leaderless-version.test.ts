import t from 'tap';
import { readLeaderlessVersion } from '../../src/etcd/leaderless-version.ts';

/** Lines of etcd 3.5.16. */
const text = (hasLeader: number) => `# TYPE etcd_server_has_leader gauge
etcd_server_has_leader ${hasLeader}
# TYPE etcd_server_version gauge
etcd_server_version{server_version="3.5.16"} 1
`;

t.test('an etcd without a leader says its version in its metrics', async (t) => {
  t.equal(readLeaderlessVersion(text(0)), '3.5.16');
  t.equal(readLeaderlessVersion(text(1)), null, 'one that has a leader answers itself');
  t.equal(readLeaderlessVersion('etcd_server_has_leader 0\n'), null);
  t.equal(
    readLeaderlessVersion(text(0).replace('3.5.16', '9'.repeat(65))),
    null,
    'no longer than a report may have it',
  );
});
