import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PicketError } from '@picket/shared/errors.ts';
import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import { rendered } from '@picket/shared/protocol/messages.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { patternOf, printedLike } from '../../../../test/support/said.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { identityStore } from '../../src/identity/identity-store.ts';
import { beginJournal } from '../../src/journal/journal-store.ts';
import { httpsServer, sendJson } from '../https-server.ts';
import { authority, credential, credentialPem, localhost } from '../pki.ts';
import { terminal } from '../terminal.ts';

const ca = await authority('control');
const server = await credentialPem(ca, { usage: 'coordinator', sans: localhost });
const identity = await credential(ca, {
  usage: 'node',
  sans: [{ type: 'uri', value: 'urn:picket:node:node00000001' }],
});

const going = { signal: new AbortController().signal };

/**
 * A node whose coordinator gives these answers one after the other, then the last one forever. Its agent has written
 * etcdctl's environment when the coordinator gets the request of this number.
 */
async function waiting(t: Test, answers: readonly OwnMember[], { code = 200, profileAt = 1 } = {}) {
  const here = terminal(t);
  let asked = 0;
  const { url } = await httpsServer(t, {
    credential: server,
    clientCa: ca.certificate.pem,
    respond({ path, client }, response) {
      t.equal(path, '/v1/node/member');
      t.strictSame(client, ['urn:picket:node:node00000001']);
      sendJson(response, code, answers[Math.min(asked, answers.length - 1)]);
      asked += 1;
      if (asked !== profileAt) return;
      writeFileSync(join(here.etcDir, 'etcdctl.sh'), '');
    },
  });
  await identityStore(hostFiles(), here.stateDir).keep({
    node: {
      nodeId: 'node00000001',
      cluster: 'k3s',
      member: { name: 'a', address: '127.0.0.1', ports: { client: 1, peer: 2, metrics: 3 } },
      coordinator: url,
    },
    credential: identity,
    controlCertificates: ca.certificate.pem,
  });
  return here;
}

const silent = (seconds: number) => rendered(reason('of_member', { member: 'a', why: reason('silent', { seconds }) }));
const joined: OwnMember = { phase: 'joined', healthy: false, rests: null, waitsFor: [silent(1)] };

/** What the command prints if the member is not ready in time, with these facts. */
const notReady = (facts: { readonly reasons: string }) =>
  printedLike('member_not_ready', { member: 'a', cluster: 'k3s', ...facts });

t.test('it prints each step and each reason once, and ends with a voter that serves', async (t) => {
  const here = await waiting(t, [
    joined,
    { ...joined, waitsFor: [silent(2)] },
    { ...joined, phase: 'founding', waitsFor: [] },
    { phase: 'voter', healthy: true, rests: null, waitsFor: [] },
  ]);
  t.equal(await here.run(['wait'], going), 0, here.said.err);
  t.equal(here.said.out, `  a: joined\n    waits for ${silent(1).message}\n  a: founding\n✓ a is a voter and serves\n`);
});

t.test('a learner that rests is ready', async (t) => {
  const here = await waiting(t, [
    { phase: 'learner', healthy: false, rests: { code: 'test', facts: {}, message: 'c to be ready' }, waitsFor: [] },
  ]);
  t.equal(await here.run(['wait'], going), 0);
  t.equal(here.said.out, '✓ a follows as a learner; it waits for c to be ready\n');
});

t.test('a voter that serves is awaited until its agent has written etcdctl’s environment', async (t) => {
  const here = await waiting(t, [{ phase: 'voter', healthy: true, rests: null, waitsFor: [] }], { profileAt: 2 });
  t.equal(await here.run(['wait'], going), 0, here.said.err);
  t.equal(here.said.out, `  waits for ${here.etcDir}/etcdctl.sh\n✓ a is a voter and serves\n`);
});

t.test('it gives up in time, with the reasons, and says that the agent keeps running', async (t) => {
  const here = await waiting(t, [joined]);
  t.equal(await here.run(['wait', '--within', '1'], going), 1);
  t.match(here.said.err, notReady({ reasons: silent(1).message }));
});

t.test('an unreachable coordinator is a reason like others', async (t) => {
  const here = await waiting(t, [joined]);
  const store = identityStore(hostFiles(), here.stateDir);
  const kept = await store.load();
  await store.keep({
    node: { ...(kept as NonNullable<typeof kept>).node, coordinator: 'https://localhost:1' },
    credential: identity,
    controlCertificates: ca.certificate.pem,
  });
  t.equal(await here.run(['wait', '--within', '1'], going), 1);
  const { message } = new PicketError('coordinator_unreachable', {});
  t.match(here.said.out, new RegExp(`^ {2}waits for the coordinator: ${patternOf(message)}$`, 'm'));
  t.match(here.said.err, notReady({ reasons: message }));
});

/** A client node, whose agent has not run yet. */
async function client(t: Test) {
  const here = terminal(t);
  here.configure({ etcdBinary: null });
  await identityStore(hostFiles(), here.stateDir).keep({
    node: { nodeId: 'node00000001', cluster: 'k3s', client: { name: 'k3s-1' }, coordinator: 'https://localhost:1' },
    credential: identity,
    controlCertificates: ca.certificate.pem,
  });
  await beginJournal(hostFiles(), here.stateDir);
  return here;
}

t.test('a client without any files is awaited, and no coordinator is asked', async (t) => {
  const here = await client(t);
  t.equal(await here.run(['wait', '--within', '1'], going), 1);
  const why = reason('first_desired_state');
  t.equal(here.said.out, `  waits for ${inWords(why)}\n`);
  t.match(here.said.err, printedLike('client_not_ready', { client: 'k3s-1', cluster: 'k3s', reasons: why }));
});

t.test('an invalid time is refused', async (t) => {
  const here = terminal(t);
  for (const within of ['0', '1.5', 'soon']) {
    t.equal(await here.run(['wait', '--within', within]), 2);
    t.match(here.said.err, 'It takes whole seconds, from 1 to 999999.');
  }
});

const hostile = 'x\u001b[31m\u009b31m\u202e\r\nFORGED\u2028FORGED';
/** No control character but line ends, no direction, no separator. */
const unsafe = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;
const made = String.raw`x\u001b[31m\u009b31m\u202e\u000d\u000aFORGED\u2028FORGED`;

t.test('what the coordinator says reaches no terminal raw', async (t) => {
  const here = await waiting(t, [{ ...joined, waitsFor: [{ ...silent(1), message: hostile }] }]);
  t.equal(await here.run(['wait', '--within', '1'], going), 1);
  t.match(here.said.out, `    waits for ${made}\n`);
  t.match(here.said.err, notReady({ reasons: made }));
});

t.test('nor does what it refuses with', async (t) => {
  const refused = { code: 'not_found', message: hostile, hint: hostile, details: {} } as unknown as OwnMember;
  const here = await waiting(t, [refused], { code: 404 });
  t.equal(await here.run(['wait', '--within', '1'], going), 1);
  t.match(here.said.out, 'waits for the coordinator: ');
  t.notMatch(here.said.out + here.said.err, unsafe);
});

t.test('nor does what a configuration file holds', async (t) => {
  const here = terminal(t);
  here.configure({ 'a\u009b31m\u202e': 'x' });
  for (const output of ['text', 'json']) {
    t.equal(await here.run(['status', '--output', output]), 2);
    if (output === 'text') t.match(here.said.err, printedLike('agent_config_invalid'));
    else t.match(JSON.parse(here.said.out), { code: 'agent_config_invalid' });
    t.notMatch(here.said.err + here.said.out, unsafe);
  }
});

t.test('nor do arguments that the command repeats', async (t) => {
  const here = terminal(t);
  t.equal(await here.run([`--\u009b31m`]), 2);
  t.match(here.said.err, String.raw`--\u009b31m`);
});
