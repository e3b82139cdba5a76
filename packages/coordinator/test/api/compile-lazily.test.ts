import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance, RouteOptions } from 'fastify';
import t from 'tap';
import * as Type from 'typebox';
import { serializerCompiler, validatorCompiler } from '../../src/api/compile-lazily.ts';
import { testCoordinator } from '../support/coordinator.ts';

t.test('the schema of every route compiles when it is first needed', async (t) => {
  const routes: RouteOptions[] = [];
  const opened = (message: unknown) => {
    (message as { readonly fastify: FastifyInstance }).fastify.addHook('onRoute', (route) => {
      routes.push(route);
    });
  };
  subscribe('fastify.initialization', opened);
  t.teardown(() => unsubscribe('fastify.initialization', opened));
  await testCoordinator(t);

  for (const { method, url, schema = {} } of routes) {
    const route = { method: String(method), url };
    for (const part of ['body', 'querystring', 'params', 'headers'] as const) {
      const judged = schema[part];
      if (judged === undefined) continue;
      t.doesNotThrow(
        () => validatorCompiler({ ...route, schema: judged as object })({}),
        `${part} of ${route.method} ${url}`,
      );
    }
    for (const [httpStatus, answered] of Object.entries((schema.response ?? {}) as Readonly<Record<string, object>>)) {
      const { message = '' } = thrownBy(() => serializerCompiler({ ...route, httpStatus, schema: answered })({}));
      // Nothing fits an empty answer that must have fields; finding that shows that the schema compiled.
      t.match(message, /^$|is required!|does not match schema/, `${httpStatus} of ${route.method} ${url}`);
    }
  }
  t.ok(routes.length > 40);
});

t.test('R18: what may be null is written without a validation of the rest, however large it is', (t) => {
  const Nested = Type.Object({ name: Type.String({ maxLength: 3 }) });
  const schema = Type.Object({ one: Type.Union([Nested, Type.Null()]), other: Type.Union([Nested, Type.Null()]) });
  const serialize = serializerCompiler({ method: 'GET', url: '/', httpStatus: '200', schema });
  t.equal(serialize({ one: { name: 'longer' }, other: null }), '{"one":{"name":"longer"},"other":null}');
  t.end();
});

function thrownBy(act: () => unknown): { readonly message?: string } {
  try {
    act();
    return {};
  } catch (error) {
    return error as Error;
  }
}
