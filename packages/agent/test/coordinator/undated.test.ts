import t, { type Test } from 'tap';
import { undatedCoordinator } from '../../src/coordinator/undated.ts';
import { httpsServer, type Respond, sendJson } from '../https-server.ts';
import { authority, credentialPem, localhost } from '../pki.ts';
import { refusal } from '../support.ts';

const ca = await authority('control');
const otherCa = await authority('control');
const good = { usage: 'coordinator', sans: localhost } as const;
const ended = await credentialPem(ca, { ...good, ended: true });
const servers = {
  now: await credentialPem(ca, good),
  'a stranger': await credentialPem(otherCa, good),
  'a stranger’s, past its end': await credentialPem(otherCa, { ...good, ended: true }),
  'another host': await credentialPem(ca, { ...good, sans: [{ type: 'dns', value: 'x-k3s-m-1' }] }),
  'a node’s': await credentialPem(ca, { ...good, usage: 'node' }),
};
const node = await credentialPem(ca, { usage: 'node', sans: [{ type: 'uri', value: 'urn:picket:node:node0001' }] });
const trust = ca.certificate.pem;
const report = { run: 1, sequence: 1, basis: null, changed: {} };
const minute = 60_000;
/** Within the incarnation of the expired certificate. */
const then = Math.floor(Date.now() / 1000) * 1000 - 2 * minute;

async function setUp(t: Test, credential: string, { date = then, respond }: { date?: number; respond?: Respond } = {}) {
  const there = await httpsServer(t, {
    credential,
    clientCa: trust,
    respond(seen, response) {
      response.setHeader('date', new Date(date).toUTCString());
      (respond ?? ((_seen, reply) => sendJson(reply, 200, { controlCertificates: trust })))(seen, response);
    },
  });
  return { there, coordinator: undatedCoordinator({ url: there.url, trust, credential: node }) };
}

t.test('R14: a coordinator whose certificate is out of date by this clock still returns the time', async (t) => {
  for (const credential of [ended, servers.now]) {
    const { coordinator } = await setUp(t, credential);
    t.equal(await coordinator.time(0), then);
  }
});

t.test('R14: it accepts a report with the node’s certificate', async (t) => {
  const answer = { everySeconds: 10, now: new Date(then).toISOString(), waitsFor: [] };
  const { coordinator, there } = await setUp(t, ended, { respond: (_seen, reply) => sendJson(reply, 200, answer) });
  t.strictSame(await coordinator.report(report, 0), answer);
  t.match(there.seen, [
    { path: '/v1/node/report', body: JSON.stringify(report), client: ['urn:picket:node:node0001'] },
  ]);
});

t.test('R18: an answer to a report is accepted although a sentence in it is too long', async (t) => {
  const told = (message: string) => ({ code: 'node_says', facts: { text: 'x' }, message });
  const answer = { everySeconds: 10, now: new Date(then).toISOString(), waitsFor: [told('x'.repeat(2500))] };
  const { coordinator } = await setUp(t, ended, { respond: (_seen, reply) => sendJson(reply, 200, answer) });
  t.strictSame(await coordinator.report(report, 0), { ...answer, waitsFor: [told(`${'x'.repeat(1999)}…`)] });
});

t.test('a refusal of the coordinator has its own words', async (t) => {
  const error = { code: 'report_basis_unknown', message: 'It is not held.', hint: '', details: {} };
  const { coordinator } = await setUp(t, ended, { respond: (_seen, reply) => sendJson(reply, 409, error) });
  t.match(await refusal(coordinator.report(report, 0)), { code: 'report_basis_unknown' });
});

for (const [whose, code] of [
  ['a stranger', 'coordinator_unreachable'],
  ['a stranger’s, past its end', 'coordinator_unreachable'],
  ['another host', 'coordinator_name_mismatch'],
  ['a node’s', 'coordinator_unreachable'],
] as const) {
  t.test(`the certificate of ${whose} gets no report`, async (t) => {
    const { coordinator, there } = await setUp(t, servers[whose]);
    t.match(await refusal(coordinator.report(report, 0)), { code });
    t.match(await refusal(coordinator.time(0)), { code });
    t.strictSame(there.seen, []);
  });
}

t.test('R14: a certificate that expired before a moment that has passed gets no report', async (t) => {
  const { coordinator, there } = await setUp(t, ended);
  t.match(await refusal(coordinator.time(Date.now() + minute)), {
    code: 'coordinator_unreachable',
    facts: { reason: /ended/ },
  });
  t.strictSame(there.seen, []);
});

t.test('R14: a time before a moment that has passed, or outside its certificate, is not accepted', async (t) => {
  const past = await setUp(t, servers.now, { date: then });
  t.match(await refusal(past.coordinator.time(then + minute)), {
    code: 'coordinator_answer_invalid',
    facts: { problem: 'its clock shows a moment that has already passed' },
  });
  const late = await setUp(t, ended, { date: then + 10 * minute });
  t.match(await refusal(late.coordinator.time(0)), { code: 'coordinator_unreachable' });
});

t.test('R18: a coordinator that switches protocols does not keep the agent waiting', async (t) => {
  const { coordinator } = await setUp(t, servers.now, {
    respond: (_seen, reply) => void reply.writeHead(101, { connection: 'Upgrade', upgrade: 'x' }).end(),
  });
  t.match(await refusal(coordinator.report(report, 0)), { code: 'coordinator_unreachable' });
});

t.test('an answer of another form is refused', async (t) => {
  const { coordinator } = await setUp(t, servers.now, { respond: (_seen, reply) => reply.end('hello') });
  t.match(await refusal(coordinator.report(report, 0)), { code: 'coordinator_answer_invalid' });
});
