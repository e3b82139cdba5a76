import type { Static, TSchema } from 'typebox';
import { cutText } from '../reasons/cut-text.ts';
import { inWords } from '../reasons/in-words.ts';
import type { AnyReason } from '../reasons/reason.ts';
import { longestSentence } from './primitives.ts';
import { isReason, type Rendered, type WithoutMessages } from './rendered.ts';
import { type Change, changeBy, cutOf } from './sentences.ts';

/** The reason with its message. */
export function rendered<Given extends AnyReason & { readonly message?: string }>(reason: Given): Given & Rendered {
  return { ...reason, message: cutText(reason.message ?? inWords(reason), longestSentence) };
}

/** The answer with the message of each reason. */
export function messagesIn<Schema extends TSchema>(
  schema: Schema,
  value: WithoutMessages<Static<Schema>>,
): Static<Schema> {
  return (messageWriter(schema)?.(value) ?? value) as Static<Schema>;
}

/** Writes the message of each reason of a value that has none yet, and cuts sentences; null if the schema has neither. */
export function messageWriter(schema: TSchema): Change | null {
  return changeBy(schema, (part) =>
    isReason(part) && part.properties?.message !== undefined ? ofReason : cutOf(part),
  );
}

function ofReason(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? rendered(value as AnyReason) : value;
}
