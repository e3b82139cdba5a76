import { failure } from '@picket/shared/errors.ts';
import type { AuthenticationState } from '@picket/shared/protocol/authentication.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, runCli } from './support/run-cli.ts';
import { type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';
import { words } from './support/words.ts';

const pki = await makePki();
const stub = await startStub(pki, answer);
const env = contextEnv(stub.url, pki);
t.teardown(() => stub.close());

const path = '/v1/clusters/x-k3s/authentication';
const id = 'order0000001';
const since = '2026-11-28T12:00:00Z';
const asked = { enabled: false, task: { id, enable: true, member: 'x-k3s-m-2', since }, failure: null };
/** What the coordinator says, one after another; the last one again and again. */
let states: AuthenticationState[] = [];

function answer({ line }: Seen): StubAnswer {
  if (line === `POST ${path}`) return { status: 202, body: { id } };
  const [shown] = states.length > 1 ? states.splice(0, 1) : states;
  if (line === `GET ${path}` && shown !== undefined) return { body: shown };
  return { status: 404, body: failure('not_found', { what: 'route', name: line }).toWire() };
}

t.test('enable waits until the members report that it is on', async (t) => {
  states = [asked, { ...asked, task: null }, { enabled: true, task: null, failure: null }];
  t.strictSame(await runCli(['cluster', 'auth', 'enable', 'x-k3s'], { env }), {
    code: 0,
    out:
      "etcd's authentication is on in x-k3s. Picket administers etcd as the user picket-agent. Switch it off with: " +
      'picket cluster auth disable x-k3s\n',
    err: '',
  });
  t.same(stub.seen.find((one) => one.line === `POST ${path}`)?.body, { enabled: true });
});

t.test('disable waits as well', async (t) => {
  states = [
    { enabled: true, task: null, failure: null },
    { enabled: false, task: null, failure: null },
  ];
  const off = await runCli(['cluster', 'auth', 'disable', 'x-k3s'], { env });
  t.match(off, { code: 0, out: "etcd's authentication is off in x-k3s. The users and roles are still there.\n" });
});

const on = { cluster: 'x-k3s', wanted: 'on' };
const idle = reason('repeat_when_idle', { cluster: 'x-k3s', place: 'elsewhere' });

t.test('it says why the member did not switch it', async (t) => {
  const why = words('client:app-1 would lose its access');
  states = [asked, { enabled: false, task: null, failure: { id, at: since, reason: why } }];
  t.match(await runCli(['cluster', 'auth', 'enable', 'x-k3s'], { env }), {
    code: 1,
    err: complaint(failure('authentication_refused', { ...on, reason: why.message, advice: idle })),
  });
});

t.test('R19: how to give users is said only if a user is missing', async (t) => {
  const given = async (code: string) => {
    const why = { code, facts: {}, message: 'because' };
    states = [asked, { enabled: false, task: null, failure: { id, at: since, reason: why } }];
    return (await runCli(['cluster', 'auth', 'enable', 'x-k3s'], { env })).err;
  };
  const told = (advice: Reason) => complaint(failure('authentication_refused', { ...on, reason: 'because', advice }));
  t.equal(await given('clients_without_role'), told(reason('give_clients_users')));
  t.equal(await given('not_begun_in_time'), told(idle));
});

const noEffect = 'the order has ended, and no member reports its effect';

t.test('it does not wait forever for an effect', async (t) => {
  states = [{ enabled: false, task: null, failure: null }];
  t.match(await runCli(['cluster', 'auth', 'enable', 'x-k3s'], { env }), {
    code: 1,
    err: complaint(
      failure('authentication_refused', {
        ...on,
        reason: noEffect,
        advice: reason('repeat_when_seen', { cluster: 'x-k3s' }),
      }),
    ),
  });
});

t.test('R19: it calls no order failed whose outcome is unknown', async (t) => {
  const silent = words('its agent has not reported for 283 s');
  states = [asked, { enabled: null, task: null, failure: { id, at: since, reason: silent, unknown: true } }];
  t.match(await runCli(['cluster', 'auth', 'enable', 'x-k3s'], { env }), {
    code: 1,
    err: complaint(failure('authentication_unknown', { ...on, reason: silent.message })),
  });
  states = [{ enabled: null, task: null, failure: null }];
  t.match(await runCli(['cluster', 'auth', 'enable', 'x-k3s'], { env }), {
    code: 1,
    err: complaint(failure('authentication_unknown', { ...on, reason: noEffect })),
  });
});
