import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { getOnce, probeMember } from '../../src/etcd/probe.ts';
import { httpsServer } from '../https-server.ts';
import { authority, credentialPem, localhost } from '../pki.ts';

const ca = await authority('the peer CA');
const other = await authority('another CA');
const server = await credentialPem(ca, { usage: 'peer', sans: localhost });
const own = await credentialPem(ca, { usage: 'peer', sans: localhost, commonName: 'us' });

const shown = (trust = ca) => ({ trust: trust.certificate.pem, credential: own });

t.test(
  'R2: a member is healthy if it answers on both ports over fresh handshakes, and reports itself healthy',
  async (t) => {
    const member = await httpsServer(t, {
      credential: server,
      clientCa: ca.certificate.pem,
      respond: ({ path }, response) => void response.end(path === '/health' ? '{"health":"true","reason":""}' : '{}'),
    });
    const request = { peerUrl: member.url, clientUrl: member.url, peer: shown(), client: shown() };
    t.equal(await probeMember(request), null);
    t.equal(await probeMember(request), null);
    t.strictSame(
      member.seen.map(({ path, client }) => [path, client?.length ?? 0]),
      Array.from({ length: 2 }, () => [
        ['/version', 2],
        ['/health', 2],
      ]).flat(),
    );
  },
);

t.test('R2: otherwise the result says why not', async (t) => {
  const member = await httpsServer(t, { credential: server });
  const request = { peerUrl: member.url, clientUrl: member.url, peer: shown(), client: shown() };
  member.respond = (_seen, response) => void response.end('{"health":"false","reason":"RAFT NO LEADER"}');
  t.strictSame(await probeMember(request), reason('voter_not_healthy'));
  member.respond = (_seen, response) => void response.writeHead(503).end();
  t.match(await probeMember(request), { code: 'error_says', facts: { text: /status 503/ } });
  t.match(await probeMember({ ...request, peer: shown(other) }), {
    code: 'error_says',
    facts: { text: /cannot be reached/ },
  });
  t.match(await probeMember({ ...request, peerUrl: 'https://127.0.0.1:1' }), {
    code: 'error_says',
    facts: { text: /ECONNREFUSED/ },
  });
});

t.test('R18: a member that switches protocols does not keep the agent waiting', async (t) => {
  const member = await httpsServer(t, {
    credential: server,
    respond: (_seen, response) => void response.writeHead(101, { connection: 'Upgrade', upgrade: 'x' }).end(),
  });
  const request = { peerUrl: member.url, clientUrl: member.url, peer: shown(), client: shown() };
  t.match(await probeMember(request), { code: 'error_says', facts: { text: /cannot be reached/ } });
});

t.test('R18: a member that does not answer does not keep the agent waiting', async (t) => {
  const member = await httpsServer(t, { credential: server });
  await t.rejects(getOnce(member.url, shown(), 300), /No answer within 300 ms/);
});
