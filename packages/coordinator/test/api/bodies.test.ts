import { failure } from '@picket/shared/errors.ts';
import t from 'tap';
import { testCoordinator } from '../support/coordinator.ts';
import { seedCluster } from '../support/nodes.ts';

function invalid(problem: string) {
  return failure('invalid_request', { problem }).toWire();
}

t.test('an unknown field is named', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.post('/v1/clusters', { ...seedCluster(), colour: 'blue' });
  t.equal(answer.status, 400);
  t.strictSame(answer.json(), invalid('body has the unknown field "colour"'));
});

t.test('an unknown field deep inside is named with its place', async (t) => {
  const { admin } = await testCoordinator(t);
  const members = [{ name: 'x-k3s-m-1', address: '192.168.7.11', rack: 3 }];
  const answer = await admin.post('/v1/clusters', seedCluster({ members }));
  t.strictSame(answer.json(), invalid('body/members/0 has the unknown field "rack"'));
});

t.test('a missing field is named', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.post('/v1/tokens', {});
  t.strictSame(answer.json(), invalid("body must have required property 'cluster'"));
});

t.test('a value of another type is not converted', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.post('/v1/tokens', { cluster: 'x-k3s', uses: '2' });
  t.strictSame(answer.json(), invalid('body/uses must be integer'));
});

t.test('a body that is not JSON is refused', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.post('/v1/tokens', '{"cluster": ');
  t.equal(answer.status, 400);
  t.strictSame(answer.json(), invalid("Body is not valid JSON but content-type is set to 'application/json'"));
});

t.test('a body of another content type is refused', async (t) => {
  const { admin } = await testCoordinator(t);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
    const answer = await admin.post('/v1/tokens', 'cluster=x-k3s', { headers: { 'content-type': type } });
    t.strictSame(answer.json(), invalid('Unsupported Media Type'), type);
  }
});

t.test('a body that is too large is refused, and the limit is named', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.post('/v1/tokens', { cluster: 'x'.repeat(300_000) });
  t.equal(answer.status, 413);
  t.strictSame(answer.json(), failure('payload_too_large', { limitBytes: 262144 }).toWire());
});

t.test('a body that would change prototypes is refused', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.post('/v1/tokens', '{"cluster": "x-k3s", "__proto__": {"uses": 9}}');
  t.equal(answer.status, 400);
});

t.test('an unknown route is named without its query', async (t) => {
  const { stranger } = await testCoordinator(t);
  const answer = await stranger.get('/v1/nothing?secret=1');
  t.equal(answer.status, 404);
  t.strictSame(answer.json(), failure('not_found', { what: 'route', name: 'GET /v1/…' }).toWire());
});

t.test('a method that a route does not have is not found', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.request('PUT', '/v1/clusters/x-k3s', { body: {} });
  t.strictSame(answer.json(), failure('not_found', { what: 'route', name: 'PUT /v1/…' }).toWire());
});

t.test('a path that cannot be decoded gets an answer in the same form', async (t) => {
  const { stranger } = await testCoordinator(t);
  const answer = await stranger.get('/v1/clusters/%ff');
  t.strictSame(answer.json(), invalid('its URL cannot be decoded'));
});

t.test('a parameter that is longer than any name gets an answer in the same form', async (t) => {
  const { admin } = await testCoordinator(t);
  const answer = await admin.get(`/v1/clusters/${'x'.repeat(200)}`);
  t.equal(answer.status, 400);
});

t.test('an unexpected failure shows only a reference, under which it is logged', async (t) => {
  const coordinator = await testCoordinator(t);
  await coordinator.running.inventory.close();
  const answer = await coordinator.admin.get('/v1/events');
  const { code, details } = answer.json<{ code: string; details: { reference: string } }>();
  t.equal(code, 'internal');
  t.match(coordinator.log.join(''), `"reference":"${details.reference}"`);
});
