import t from 'tap';
import { clientState } from '../../src/desired-state/client-state.ts';
import { wantedCertificates } from '../../src/desired-state/node-state.ts';
import { sampleSpec } from '../inventory/samples.ts';
import { progressOf, trust } from './samples.ts';

// Hosts may have the names of usual users of etcd, and the longest possible names.
const members = ['root', 'etcd', 'client', 'a'.repeat(63)].map((name, index) => ({
  name,
  address: `10.0.0.${index + 1}`,
}));
const spec = sampleSpec({ name: 'x-k3s', members });
const namesOf = (purpose: string) =>
  members.flatMap((member) =>
    wantedCertificates(spec, member).flatMap((wanted) => (wanted.purpose === purpose ? [wanted.commonName] : [])),
  );

t.test('no server certificate has the name of an etcd user: the name holds a blank', (t) => {
  t.equal(namesOf('server').length, members.length);
  for (const name of namesOf('server')) t.match(name, /^etcd [a-z]+$/);
  t.end();
});

t.test('only members get the certificate of Picket’s etcd user, and no other certificate has its name', (t) => {
  t.strictSame(
    namesOf('admin'),
    members.map(() => 'picket-agent'),
  );
  const client = { nodeId: 'node0007', client: 'picket-agent' };
  const { certificates } = clientState(spec, progressOf('voter'), client, trust);
  t.strictSame(
    certificates.map(({ purpose, commonName }) => [purpose, commonName]),
    [['client', 'client:picket-agent']],
  );
  const namesake = wantedCertificates(spec, { name: 'picket-agent', address: '10.0.0.9' });
  // A peer certificate is of another CA, which etcd's clients are not of.
  const ofClientCa = namesake.filter(({ purpose }) => purpose === 'server' || purpose === 'client');
  t.strictSame(
    ofClientCa.map(({ commonName }) => commonName),
    ['etcd picket-agent', 'client:picket-agent'],
  );
  t.end();
});

t.test('each client certificate has a common name, which is not a plain user name', (t) => {
  const [client] = clientState(spec, progressOf('voter'), { nodeId: 'node0007', client: 'root' }, trust).certificates;
  const names = [...namesOf('client'), client?.commonName ?? ''];
  t.equal(names.length, members.length + 1);
  for (const name of names) t.match(name, /^client:[a-z]+$/);
  t.end();
});
