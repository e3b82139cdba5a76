import Fastify from 'fastify';
import plugin from 'fastify-plugin';
import t, { type Test } from 'tap';
import { auditedRoutes } from '../../src/api/audited.ts';

async function registering(t: Test, method: string, access: 'operator' | 'node' | 'anyone', audited: boolean) {
  const app = Fastify();
  t.teardown(() => app.close());
  await app.register(plugin(async () => undefined, { name: 'mutual-tls' }));
  const inventory = { transaction: () => Promise.reject(new Error('there is no store')) };
  const quotas = { spend: async () => undefined };
  const nothing = async () => undefined;
  const idempotentRequests = { find: async () => null, begin: nothing, finish: nothing, ended: () => undefined };
  await app.register(auditedRoutes, { inventory, quotas, idempotentRequests, now: () => 0 });
  const audit = { object: null };
  const url = '/v1/things';
  app.route({ method, url, config: { access, ...(audited ? { audit } : {}) }, handler: async () => ({}) });
}

t.test('a route by which an operator could change something does not register without a description', async (t) => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const message = `the route ${method} /v1/things does not say how the audit log names it`;
    await t.rejects(registering(t, method, 'operator', false), { message });
    await t.resolves(registering(t, method, 'operator', true));
    await t.resolves(registering(t, method, 'node', false), 'what nodes do is in the events');
  }
  await t.resolves(registering(t, 'GET', 'operator', false));
});
