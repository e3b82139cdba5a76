import { failure, type PicketError } from '@picket/shared/errors.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, runCli } from './support/run-cli.ts';
import { startStub } from './support/stub-coordinator.ts';
import { cluster, clusterStatus } from './support/views.ts';

const pki = await makePki();

/** What the coordinator refuses every order with. */
let refusal: PicketError = failure('not_frozen', { cluster: 'x-k3s' });

const stub = await startStub(pki, ({ line }) => {
  if (line === 'GET /v1/clusters/x-k3s') return { body: cluster };
  if (line === 'GET /v1/clusters/x-k3s/status') return { body: clusterStatus({ state: 'healthy', rollout: null }) };
  return { status: refusal.status, body: refusal.toWire() };
});
const env = contextEnv(stub.url, pki);
t.teardown(() => stub.close());

const picket = (line: string) => runCli(line.split(' '), { env });

for (const error of [
  failure('invalid_request', { problem: 'body/ports names a port twice' }),
  failure('channel_invalid', { name: 'team', problem: 'its URL is not https' }),
  failure('release_refused', { name: 'etcd', problem: 'it is no archive' }),
]) {
  t.test(`a value that the coordinator refuses with ${error.code} ends with 2`, async (t) => {
    refusal = error;
    t.strictSame(await picket('member restart x-k3s x-k3s-m-1'), { code: 2, out: '', err: complaint(error) });
  });
}

for (const error of [
  failure('audit_not_whole', { problem: 'the entry 2 was changed' }),
  failure('not_found', { what: 'cluster', name: 'x' }),
  failure('cluster_frozen', { cluster: 'x-k3s', reason: 'it was restored' }),
]) {
  t.test(`a refusal with ${error.code} ends with 1`, async (t) => {
    refusal = error;
    t.strictSame(await picket('member restart x-k3s x-k3s-m-1'), { code: 1, out: '', err: complaint(error) });
  });
}

for (const [line, error] of [
  ['member release x-k3s x-k3s-m-1', failure('member_not_held', { cluster: 'x-k3s', member: 'x-k3s-m-1' })],
  ['member release x-k3s x-k3s-m-1 --wait', failure('member_not_held', { cluster: 'x-k3s', member: 'x-k3s-m-1' })],
  [
    'member move-leader x-k3s x-k3s-m-1',
    failure('already_so', { reason: reason('leads_already', { member: 'x-k3s-m-1' }) }),
  ],
  ['member keep x-k3s x-k3s-m-1', failure('already_so', { reason: reason('not_leaving', { member: 'x-k3s-m-1' }) })],
  ['rollout pause x-k3s', failure('already_so', { reason: reason('paused_already') })],
  ['cluster auth enable x-k3s', failure('already_so', { reason: reason('authentication_is', { on: true }) })],
  ['cluster unfreeze x-k3s', failure('not_frozen', { cluster: 'x-k3s' })],
  ['node unfreeze node12345', failure('identity_not_frozen', { nodeId: 'node12345' })],
] as const) {
  t.test(`\`picket ${line}\` ends with 0 if it is so already, and says so`, async (t) => {
    refusal = error;
    t.strictSame(await picket(line), { code: 0, out: `${error.message} ${error.hint}\n`, err: '' });
    const json = await picket(`${line} -o json`);
    t.same([json.code, JSON.parse(json.out)], [0, error.toWire()]);
  });
}

t.test('rollout resume --wait also waits for a rollout that goes on already', async (t) => {
  refusal = failure('already_so', { reason: reason('neither_paused_nor_stopped') });
  const { code, out, err } = await picket('rollout resume x-k3s --wait');
  t.match({ code, out, err }, { code: 0, out: '', err: `${refusal.message}\n` });
  t.match(err, /Done: revision \d+ of x-k3s\./);
});
