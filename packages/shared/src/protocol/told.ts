import { type Static, Type } from 'typebox';
import { Sentence } from './words.ts';

/** A reason in an answer of the API. Programs use `code` and `facts`, people read the message. */
export const Told = Type.Object({
  code: Type.String({ maxLength: 64 }),
  facts: Type.Object({}, { additionalProperties: true }),
  message: Sentence,
});
export type Told = Static<typeof Told>;
