import { once } from 'node:events';
import t from 'tap';
import { coordinatorLink } from '../../src/coordinator/client.ts';
import { systemClock } from '../../src/host/clock.ts';
import { httpsServer, sendJson } from '../https-server.ts';
import { authority, credentialPem, localhost } from '../pki.ts';
import { refusal } from '../support.ts';

const ca = await authority('control');
const otherCa = await authority('control');
const server = await credentialPem(ca, { usage: 'coordinator', sans: localhost });
const identity = (value: string) => credentialPem(ca, { usage: 'node', sans: [{ type: 'uri', value }] });
const [first, second] = [await identity('urn:first'), await identity('urn:second')];
const trust = ca.certificate.pem;
const report = { run: 1, sequence: 1, basis: null, changed: {} };
const reported = { everySeconds: 10, now: '2026-01-01T00:00:00Z', waitsFor: [] };

t.test('R15: a pending call is repeated with the new identity, and only that is used from then on', async (t) => {
  const asked = new AbortController();
  const coordinator = await httpsServer(t, { credential: server, clientCa: trust });
  coordinator.respond = ({ client }, response) => {
    if (client?.[0] === 'urn:first') asked.abort();
    else sendJson(response, 200, reported);
  };
  const link = coordinatorLink({ url: coordinator.url, trust, credential: first, clock: systemClock() });
  t.teardown(() => link.close());
  const answer = link.report(report);
  await once(asked.signal, 'abort');
  await link.replace({ credential: second });
  t.strictSame(await answer, reported);
  await link.report(report);
  t.strictSame(
    coordinator.seen.map(({ client }) => client),
    [['urn:first'], ['urn:second'], ['urn:second']],
  );
});

t.test('an authority that was removed from the trust bundle is no longer trusted', async (t) => {
  const respond = (_seen: unknown, response: Parameters<typeof sendJson>[0]) => sendJson(response, 200, reported);
  const coordinator = await httpsServer(t, { credential: server, clientCa: trust, respond });
  const link = coordinatorLink({ url: coordinator.url, trust, credential: first, clock: systemClock() });
  t.teardown(() => link.close());
  await link.report(report);
  await link.replace({ trust: otherCa.certificate.pem });
  t.equal(link.trust(), otherCa.certificate.pem);
  t.equal((await refusal(link.report(report))).code, 'coordinator_unreachable');
});

t.test('a call fails if its connection was not replaced', async (t) => {
  const coordinator = await httpsServer(t, { credential: server, clientCa: trust });
  coordinator.respond = (_seen, response) => void response.destroy();
  const link = coordinatorLink({ url: coordinator.url, trust, credential: first, clock: systemClock() });
  t.teardown(() => link.close());
  t.equal((await refusal(link.report(report))).code, 'coordinator_unreachable');
  t.equal(coordinator.seen.length, 1);
});
