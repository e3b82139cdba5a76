import t from 'tap';
import { configDefaults } from '../../src/config/config.ts';
import type { Client } from '../support/client.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode } from '../support/nodes.ts';

interface Operation {
  readonly security?: readonly { readonly clientCertificate?: readonly string[] }[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: { readonly properties?: object } }>>;
  };
}

/** The longest error of the tables with all its facts has some 1,000 characters, each of them twice. */
const longestError = 3000;
const long = 'x'.repeat(20_000);
/** Node.js takes no longer headers and URLs. */
const longInUrl = 'x'.repeat(8000);

t.test('R18: no error repeats a long text of its request', async (t) => {
  const coordinator = await testCoordinator(t, Date.now(), {
    limits: {
      ...configDefaults.limits,
      strangerRequestsPerMinute: 100_000,
      operatorPagesPerMinute: 100_000,
      newConnectionsPerAddressPerTenSeconds: 100_000,
    },
  });
  await createCluster(coordinator);
  const { stranger, admin } = coordinator;
  const { client: node } = await joinNode(coordinator, 1);
  const { paths } = (await stranger.get('/openapi.json')).json<{
    paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  }>();
  const refused: string[] = [];
  const ask = async (who: Client, method: string, path: string, body?: unknown) => {
    const answer = await who.request(method, path, { ...(body === undefined ? {} : { body }), enough: /^: / });
    if (answer.status < 400) return;
    refused.push(path);
    const what = `${method} ${path.slice(0, 80)} ${(JSON.stringify(body) ?? '').slice(0, 40)}`;
    t.ok(answer.text.length < longestError, `${what}: ${answer.text.length} characters`);
  };
  for (const [template, operations] of Object.entries(paths)) {
    const path = template
      .replace('/clusters/{name}', '/clusters/x-k3s')
      .replace('{sha256}', 'ab'.repeat(32))
      .replace('{revision}', '7')
      .replaceAll(/\{\w+\}/g, 'unknown0');
    for (const [method, { security, parameters = [], requestBody }] of Object.entries(operations)) {
      const role = security?.at(-1)?.clientCertificate?.[0];
      const who = role === undefined ? stranger : role === 'node' ? node : admin;
      const fields = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
      for (const field of fields) await ask(who, method.toUpperCase(), `${path}?${field}=${longInUrl}`);
      await ask(who, method.toUpperCase(), `${path}?${longInUrl}=1`, method === 'get' ? undefined : {});
      const { properties = {} } = requestBody?.content['application/json']?.schema ?? {};
      if (method === 'get') continue;
      for (const field of [...Object.keys(properties), long]) {
        await ask(who, method.toUpperCase(), path, { [field]: long });
      }
    }
  }
  t.ok(refused.length > 150, `${refused.length} requests are refused`);
});

t.test('R11: what an error repeats of a request is in quotes and without secrets, also where it is cut', async (t) => {
  const { admin } = await testCoordinator(t);
  const fieldOf = async (name: string) => (await admin.post('/v1/tokens', { cluster: 'x-k3s', [name]: 1 })).json();
  const unknown = (quoted: RegExp) => ({ code: 'invalid_request', details: { problem: quoted } });
  t.match(await fieldOf(long), unknown(/has the unknown field "x{64}…"$/));
  t.match(await fieldOf('a\nb\u200b'), unknown(/has the unknown field "a\\nb\\u200b"$/));
  t.match(await fieldOf(`a ${'Ab1+'.repeat(40)}`), unknown(/has the unknown field "a \(base64\)"$/));
});
