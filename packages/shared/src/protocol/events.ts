import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ByClusterQuery } from './page.ts';
import { ClusterName, Sentence, strict, Timestamp } from './primitives.ts';
import { orNull } from './unions.ts';

/** `GET /v1/events`: which events, page by page. Conditions that are given must all hold. */
export const EventQuery = Type.Object(
  {
    ...ByClusterQuery.properties,
    /** The ID of a node, or the name of a member or a client. */
    node: Type.Optional(Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', maxLength: 63 })),
    /** One kind, or several with commas between them. */
    kind: Type.Optional(Type.String({ pattern: '^[a-z-]{1,40}(,[a-z-]{1,40}){0,19}$', maxLength: 820 })),
    /** From this moment on, and before that one. */
    since: Type.Optional(Timestamp),
    until: Type.Optional(Timestamp),
    /** Only events with a higher ID than this. */
    newer: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })),
    /** `internal=false`: without the internal steps of the coordinator. */
    internal: Type.Optional(Type.Literal('false')),
  },
  strict,
);
export type EventQuery = Static<typeof EventQuery>;

/** `GET /v1/events/stream`: which events. */
export const EventStreamQuery = Type.Pick(EventQuery, ['cluster', 'node', 'kind', 'since', 'internal'], strict);
/** The ID of the last event that the reader has; 0 for all that are kept; without it only events from now on. */
export const EventStreamHeaders = Type.Object({
  'last-event-id': Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })),
});

export const EventView = Type.Object({
  id: Type.Integer(),
  at: Timestamp,
  cluster: orNull(ClusterName),
  kind: Type.String(),
  /** The facts of the event. The message is made of its kind and these facts. */
  facts: Type.Object({}, { additionalProperties: true }),
  message: Sentence,
});
export type EventView = Static<typeof EventView>;
