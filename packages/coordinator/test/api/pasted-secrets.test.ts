import { failure } from '@picket/shared/errors.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import fastify from 'fastify';
import t from 'tap';
import { answerErrors } from '../../src/api/errors.ts';
import type { App } from '../../src/api/route.ts';
import { textOf } from '../support/coordinator.ts';
import { createToken } from '../support/nodes.ts';
import { formed } from '../support/voters.ts';

t.test('R11: no answer repeats a secret of the URL', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const { admin, stranger } = coordinator;
  const { joinString } = await createToken(coordinator, { member: 'x-k3s-m-1' });
  const { secret } = parseJoinString(joinString);
  const paths = [
    '/v1/join/SECRET',
    '/v1/SECRET/x',
    '/SECRET',
    '/v1/join/SECRET%zz',
    '/v1/x?token=SECRET',
    '/v1/tokens/SECRET',
  ];
  for (const path of paths.flatMap((one) => [secret, joinString].map((text) => one.replace('SECRET', text)))) {
    for (const client of [admin, stranger, nodes[0]?.client ?? admin]) {
      const { status, text } = await client.get(path);
      t.ok([400, 401, 403, 404].includes(status), `${path} is refused`);
      t.notOk(text.includes(secret), 'and not repeated');
    }
  }
  t.strictSame(
    (await admin.get('/v1/nothing')).json(),
    failure('not_found', { what: 'route', name: 'GET /v1/…' }).toWire(),
  );
  const unknown = await admin.post('/v1/tokens', { cluster: 'x-k3s', [joinString]: 1 });
  t.match(unknown.json(), {
    code: 'invalid_request',
    details: { problem: /has the unknown field "pkt1\.[a-z0-9]+\.…"/ },
  });
  t.notOk([...coordinator.log, unknown.text].join('').includes(secret));
});

t.test('R11: an error that repeats a secret is answered without it', async (t) => {
  const secret = 'pkt1.0e2c2df5dfc4e02176b8.wmv2IAJnrURMPD4VB8RC2SaigI_Evj1d.5132e5637e1f15ae0';
  const app = fastify();
  t.teardown(() => app.close());
  answerErrors(
    app as unknown as App,
    () => undefined,
    async (error) => error,
  );
  app.get('/', () => Promise.reject(failure('not_found', { what: 'token', name: secret })));
  const { body, statusCode } = await app.inject('/');
  t.match([statusCode, JSON.parse(body)], [404, { code: 'not_found', details: { what: 'token' } }]);
  t.notOk(body.includes('wmv2IAJnrURMPD4VB8RC2SaigI_Evj1d'));
});

t.test('R11: a join string that an operator or a node gives as a reason or a name is stored nowhere', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const { joinString } = await createToken(coordinator, { member: 'x-k3s-m-1' });
  const { secret } = parseJoinString(joinString);
  const order = { seconds: 600, reason: `joins with ${joinString}` };
  const path = '/v1/clusters/x-k3s/members/x-k3s-m-2/hold';
  for (const refused of [
    await coordinator.admin.post(path, order),
    await nodes[1]?.client.post('/v1/node/hold', order),
  ]) {
    t.match(refused?.json(), {
      code: 'invalid_request',
      details: { problem: /its reason contains what looks like a secret; leave that out: "joins with pkt1/ },
    });
    t.notOk(refused?.text.includes(secret));
  }
  t.equal((await coordinator.admin.post(path, { ...order, reason: 'new kernel' })).status, 200, 'nothing has begun');
  const confirm = joinString.slice(0, 60);
  t.ok((await coordinator.admin.post('/v1/clusters/x-k3s/reset', { confirm })).status >= 400);
  const audit = await coordinator.admin.get('/v1/audit/export');
  t.match(audit.text, /"confirm":"pkt1\.[a-z0-9]+\.…"/);
  const stored = ['inventory.sqlite', 'inventory.sqlite-wal'].map(
    (name) => textOf(`${coordinator.config.dataDir}/${name}`) ?? '',
  );
  for (const text of [audit.text, ...stored]) t.notOk(text.includes(joinString.slice(0, 50)));
});
