import t from 'tap';
import { clientState } from '../../src/desired-state/client-state.ts';
import type { MemberProgress } from '../../src/model/membership-progress.ts';
import { sampleSpec } from '../inventory/samples.ts';
import { progressOf, trust } from './samples.ts';

const spec = sampleSpec({
  name: 'x-k3s',
  members: [1, 2].map((number) => ({ name: `x-k3s-m-${number}`, address: `192.168.7.1${number}` })),
});
const node = { nodeId: 'node0007', client: 'k3s-1' };

t.test('R7: a client has one certificate, its name from the store, and the bundle of its cluster’s clients', (t) => {
  t.same(clientState(spec, progressOf('voter'), node, trust), {
    nodeId: 'node0007',
    cluster: 'x-k3s',
    client: { name: 'k3s-1' },
    trust: { control: 'control', client: 'client' },
    certificates: [
      { purpose: 'client', commonName: 'client:k3s-1', sans: [], keyType: 'p256', renewAfterSeconds: 60 * 24 * 3600 },
    ],
    endpoints: ['https://192.168.7.11:2379'],
  });
  t.end();
});

t.test('its endpoints are the present voters, not the future ones', (t) => {
  const endpoints = (...phases: MemberProgress['phase'][]) =>
    clientState(spec, progressOf(...phases), node, trust).endpoints;
  t.same(endpoints('founding'), []);
  t.same(endpoints('voter', 'learner'), ['https://192.168.7.11:2379']);
  t.same(endpoints('voter', 'voter'), ['https://192.168.7.11:2379', 'https://192.168.7.12:2379']);
  t.end();
});
