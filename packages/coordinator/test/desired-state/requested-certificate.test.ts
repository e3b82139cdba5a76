import t from 'tap';
import { requestedCertificate } from '../../src/desired-state/requested-certificate.ts';
import { Scene } from '../controller/support/situations.ts';

const hour = 3_600_000;

t.test('R8 the certificate of etcd’s root lasts an hour, whatever the spec says of the others', (t) => {
  const scene = Scene.formed(1);
  const requested = (purpose: 'root' | 'client') =>
    requestedCertificate(scene, { kind: 'member', member: 'x-k3s-m-1' }, purpose);
  t.strictSame(requested('root'), { purpose: 'admin', commonName: 'root', sans: [], lifetimeMs: hour });
  const lifetimeMs = scene.spec.leafLifetimeHours * hour;
  t.strictSame(requested('client'), { purpose: 'client', commonName: 'client:x-k3s-m-1', sans: [], lifetimeMs });
  t.end();
});
