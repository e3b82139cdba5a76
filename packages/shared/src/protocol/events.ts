import { type Static, Type } from 'typebox';
import { ClusterName, Sentence, Timestamp } from './words.ts';

export const EventView = Type.Object({
  id: Type.Integer(),
  at: Timestamp,
  cluster: Type.Union([ClusterName, Type.Null()]),
  kind: Type.String(),
  /** What it tells beside its kind; the words of both are the message. */
  facts: Type.Object({}, { additionalProperties: true }),
  message: Sentence,
});
export type EventView = Static<typeof EventView>;
