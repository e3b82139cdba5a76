import { fits } from '@picket/shared/protocol/check.ts';
import type { Static, TSchema } from 'typebox';

/** The value of a JSON text; null for a text that is no JSON or does not fit the schema. */
export function parsedAs<Schema extends TSchema>(schema: Schema, text: string): Static<Schema> | null {
  try {
    const value: unknown = JSON.parse(text);
    return fits(schema, value) ? value : null;
  } catch {
    return null;
  }
}
