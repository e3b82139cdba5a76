import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Contract, methodAndPath } from '@picket/shared/contract/contract.ts';
import { errorsOf } from '@picket/shared/contract/errors.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type {
  ContextConfigDefault,
  FastifyBaseLogger,
  FastifyContextConfig,
  FastifyInstance,
  FastifyTypeProvider,
  RawServerBase,
  RouteGenericInterface,
  RouteHandlerMethod,
  RouteShorthandOptions,
} from 'fastify';
import type { Static, TSchema } from 'typebox';

/** Types by schema: of what a request has, and of what a handler returns. The serializer writes the messages of reasons. */
export interface TypesOfSchemas extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  readonly serializer: this['schema'] extends TSchema ? WithoutMessages<Static<this['schema']>> : unknown;
}

/** A Fastify whose handlers have the types of their schemas. */
export type App = FastifyInstance<RawServerBase, IncomingMessage, ServerResponse, FastifyBaseLogger, TypesOfSchemas>;

/** What the coordinator alone knows of a route. */
interface More
  extends Pick<FastifyContextConfig, 'audit' | 'quota'>,
    Pick<RouteShorthandOptions, 'exposeHeadRoute' | 'onRequest'> {}

interface SchemaOf<Route extends Contract> {
  readonly params: Route['params'];
  readonly querystring: Route['query'];
  readonly headers: Route['headers'];
  readonly body: Route['body'];
  readonly response: Route['answers'];
}

type Handler<Route extends Contract> = RouteHandlerMethod<
  RawServerBase,
  IncomingMessage,
  ServerResponse,
  RouteGenericInterface,
  ContextConfigDefault,
  SchemaOf<Route>,
  TypesOfSchemas
>;

/** Serves a route by its contract: Fastify checks requests and writes answers by its schemas. */
export function route<Route extends Contract>(app: App, contract: Route, handler: Handler<Route>): void;
export function route<Route extends Contract>(app: App, contract: Route, more: More, handler: Handler<Route>): void;
export function route(app: App, contract: Contract, ...rest: [Handler<Contract>] | [More, Handler<Contract>]): void {
  const [{ audit, quota, ...more }, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
  const [method, url] = methodAndPath(contract);
  const { access, waits, bodyLimit, isHidden: hide } = contract;
  const { params, query: querystring, headers, body, answers: response } = contract;
  const parts = { hide, params, querystring, headers, body, response, 'x-errors': errorsOf(contract) };
  // Fastify warns of a part that is undefined.
  const schema: object = Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));
  app.route({
    ...more,
    method,
    url,
    ...(bodyLimit === undefined ? {} : { bodyLimit }),
    config: { access, audit, quota, waits },
    schema: schema as SchemaOf<Contract>,
    handler,
  });
}
