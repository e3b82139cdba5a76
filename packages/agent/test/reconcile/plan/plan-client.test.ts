import type { ClientState } from '@picket/shared/protocol/desired-state.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import { fileNames } from '../../../src/model/managed-files.ts';
import type { CurrentState, Plan } from '../../../src/model/model.ts';
import { plan } from '../../../src/reconcile/plan/plan.ts';
import { afterStep, blank, credential, day, kinds, now, paths } from '../samples.ts';

const names = fileNames(paths);

function wanted(change: Partial<ClientState> = {}): ClientState {
  return {
    inventory: 'inventory1',
    generation: 7,
    seal: 's'.repeat(64),
    priorSeals: [],
    nodeId: 'node00000007',
    cluster: 'x-k3s',
    client: { name: 'k3s-1' },
    trust: { control: 'the control bundle', client: 'the client bundle' },
    certificates: [
      {
        purpose: 'client',
        commonName: 'client:k3s-1',
        sans: [],
        keyType: 'p256',
        renewAfterSeconds: (60 * day) / 1000,
      },
    ],
    endpoints: ['https://192.168.7.11:2379'],
    ...change,
  };
}

const planFor = (document: ClientState, current: CurrentState): Plan =>
  plan({ document, requestedAt: 1000 }, current, paths);

/** The machine after everything that its plan asks for. */
function settled(document = wanted(), current = blank()): CurrentState {
  const accepted = { document, requestedAt: 1000 };
  return planFor(document, current).steps.reduce((state, step) => afterStep(state, step, accepted), current);
}

t.test('a blank client gets a bundle, a certificate and etcdctl’s environment, and then nothing is left', async (t) => {
  const { steps, waits } = planFor(wanted(), blank());
  t.strictSame(
    steps.map((step) => ('path' in step ? step.path : step.kind)),
    [names.clientBundle, 'link-client-key', paths.profile, 'obtain-credential'],
  );
  t.strictSame(waits, []);
  t.strictSame(planFor(wanted(), settled()), { steps: [], waits: [], restartPending: false });
});

t.test('R13: whatever etcd is on the machine, no step concerns it', async (t) => {
  const about = blank({
    service: { kind: 'crashed', restarts: 3, how: 'SIGKILL' },
    alteredService: ['/etc/init.d/etcd'],
    files: { ...blank().files, [names.conf]: 'name: theirs\ninitial-cluster: theirs=https://10.0.0.1:2380\n' },
    portTaken: said('taken'),
  });
  t.strictSame(kinds(planFor(wanted(), about).steps), kinds(planFor(wanted(), blank()).steps));
});

t.test('another bundle is written at once, before the certificate', async (t) => {
  const current = settled();
  const trust = { control: 'the control bundle', client: 'old and new' };
  const { steps } = planFor(wanted({ trust }), {
    ...current,
    credentials: {
      ...current.credentials,
      client: { ...credential('client', wanted()), issuedByBundle: false } as CurrentState['credentials']['client'],
    },
  });
  t.strictSame(kinds(steps), ['write-file', 'obtain-credential']);
});

t.test('other voters are other endpoints for etcdctl', async (t) => {
  const more = wanted({ endpoints: ['https://192.168.7.11:2379', 'https://192.168.7.12:2379'] });
  const { steps } = planFor(more, settled());
  t.match(steps, [{ kind: 'write-file', path: paths.profile, content: /11:2379,https:\/\/192\.168\.7\.12:2379/ }]);
  t.strictSame(planFor(wanted({ endpoints: [] }), blank()).waits, [], 'before the first voter there is none to name');
});

for (const [what, age, steps] of [
  ['is kept while it is young', 53 * day, []],
  ['is renewed after its time', 60 * day, ['obtain-credential']],
] as const) {
  t.test(`its certificate ${what}`, async (t) => {
    t.strictSame(kinds(planFor(wanted(), { ...settled(), now: now + age }).steps), steps);
  });
}

t.test('R14: no certificate is requested while the clock is in doubt, and that is reported', async (t) => {
  const { steps, waits } = planFor(wanted(), blank({ clockDoubt: said('it is 1970') }));
  t.notOk(kinds(steps).includes('obtain-credential'));
  t.strictSame(waits, [reason('time_sync', { why: said('it is 1970') })]);
});

t.test('a coordinator that refused is left alone for a while, and that is reported', async (t) => {
  const current = blank({ monotonic: 2000, pausedUntil: { obtain: 3000, start: 0 } });
  const { steps, waits } = planFor(wanted(), current);
  t.notOk(kinds(steps).includes('obtain-credential'));
  t.strictSame(waits, [reason('certificate_new', { purpose: 'client', why: reason('none_held') })]);
});

t.test('a file for login shells that Picket did not write is left alone, and named', async (t) => {
  const theirs = blank({ files: { ...blank().files, [paths.profile]: 'export ETCDCTL_API=3\n' } });
  const { steps, waits } = planFor(wanted(), theirs);
  t.notOk(steps.some((step) => 'path' in step && step.path === paths.profile));
  t.strictSame(waits, [reason('profile_of_others', { path: paths.profile })]);
});
