import t from 'tap';
import { fits, misfit } from '../../src/protocol/check.ts';
import { DesiredState } from '../../src/protocol/desired-state.ts';
import { JoinAnswer } from '../../src/protocol/join.ts';
import { ReportAnswer } from '../../src/protocol/report.ts';

const answer = { everySeconds: 10, now: '2026-01-01T00:00:00Z', waitsFor: [] };
const joined = {
  nodeId: 'node0001',
  cluster: 'k3s',
  member: { name: 'a', address: '10.0.0.1', ports: { client: 1, peer: 2, metrics: 3 } },
  names: [],
  certificate: 'PEM',
  controlCertificates: 'PEM',
  now: '2026-01-01T00:00:00Z',
};

t.test('a value that fits has no misfit, with fields that are not known too', async (t) => {
  t.ok(fits(ReportAnswer, { ...answer, later: 1 }));
  t.equal(misfit(ReportAnswer, { ...answer, later: 1 }), undefined);
});

for (const [name, schema, value, words] of [
  ['a missing field', ReportAnswer, { everySeconds: 1, waitsFor: [] }, 'its field now is missing'],
  [
    'a field of another form',
    ReportAnswer,
    { ...answer, everySeconds: '10' },
    'its field everySeconds has the wrong form',
  ],
  ['no object', ReportAnswer, null, 'it is not an object'],
  [
    'a field within a field',
    JoinAnswer,
    { ...joined, member: { ...joined.member, ports: { client: 1, peer: 2 } } },
    'in its field member, in its field ports, its field metrics is missing',
  ],
  [
    'a field too many where none may be',
    JoinAnswer,
    { ...joined, member: { ...joined.member, ports: { ...joined.member.ports, x: 1 } } },
    'in its field member, in its field ports, it has an unknown field',
  ],
] as const) {
  t.test(`${name} is reported with its place`, async (t) => {
    t.equal(misfit(schema, value), words);
  });
}

t.test('of several forms, the error names the one that the value is closest to', async (t) => {
  const client = {
    inventory: 'inventory1',
    generation: 1,
    seal: 's'.repeat(64),
    priorSeals: [],
    nodeId: 'node00000001',
    cluster: 'c',
    client: { name: 'a' },
  };
  const state = { ...client, trust: { control: 'x', client: 'y' }, certificates: [], endpoints: [] };
  t.equal(misfit(DesiredState, state), undefined);
  t.equal(
    misfit(DesiredState, { ...state, trust: { client: 'y' } }),
    'in its field trust, its field control is missing',
  );
  const { client: _client, ...nobody } = state;
  t.equal(
    misfit(DesiredState, { ...nobody, member: { name: 'a' }, etcd: null }),
    'in its field member, its field address is missing',
  );
});

t.test('R11: the value is not told', async (t) => {
  t.notMatch(misfit(JoinAnswer, { ...joined, certificate: ['secret'] }), /secret/);
});
