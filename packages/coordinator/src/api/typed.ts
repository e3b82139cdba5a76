import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WithoutMessages } from '@picket/shared/protocol/told.ts';
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerBase } from 'fastify';
import type { Static, TSchema } from 'typebox';

/** Types by schema: of what a request has, and of what a handler returns. The serializer writes the messages of reasons. */
export interface TypesOfSchemas extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  readonly serializer: this['schema'] extends TSchema ? WithoutMessages<Static<this['schema']>> : unknown;
}

/** A Fastify whose handlers have the types of their schemas. */
export type App = FastifyInstance<RawServerBase, IncomingMessage, ServerResponse, FastifyBaseLogger, TypesOfSchemas>;
