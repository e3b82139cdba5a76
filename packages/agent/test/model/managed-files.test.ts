import t from 'tap';
import { allPurposes, credentialOwner, credentialPath } from '../../src/model/managed-files.ts';

const folders = { etcDir: '/etc/etcd', stateDir: '/var/lib/picket' };
const etcd = { uid: 104, gid: 105 };

t.test('R11: etcd’s user reads the certificates of etcd, and not the one that is equivalent to etcd’s root', (t) => {
  t.strictSame(
    allPurposes.map((purpose) => [credentialPath(folders, purpose), credentialOwner(etcd, purpose)]),
    [
      ['/etc/etcd/server.pem', etcd],
      ['/etc/etcd/peer.pem', etcd],
      ['/etc/etcd/client.pem', etcd],
      ['/var/lib/picket/etcd-admin.pem', null],
    ],
  );
  t.end();
});
