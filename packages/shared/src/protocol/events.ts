import { type Static, Type } from 'typebox';
import { ClusterName, Sentence, Timestamp } from './words.ts';

export const EventView = Type.Object({
  id: Type.Integer(),
  at: Timestamp,
  cluster: Type.Union([ClusterName, Type.Null()]),
  kind: Type.String(),
  /** The facts of the event. The message is made of its kind and these facts. */
  facts: Type.Object({}, { additionalProperties: true }),
  message: Sentence,
});
export type EventView = Static<typeof EventView>;
