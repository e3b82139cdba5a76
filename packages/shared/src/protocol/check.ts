import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { parseJson } from '../parse-json.ts';

export type { Static, TSchema };

/** Whether a value fits a schema. Unknown fields are accepted unless the schema refuses them. */
export function fits<Schema extends TSchema>(schema: Schema, value: unknown): value is Static<Schema> {
  return Check(schema, value);
}

/** The value of a JSON text; null for a text that is no JSON or does not fit the schema. */
export function parsedAs<Schema extends TSchema>(schema: Schema, text: string): Static<Schema> | null {
  const value = parseJson(text);
  return fits(schema, value) ? value : null;
}

/**
 * Where a value does not fit its schema: the first wrong field, in words, or undefined if the value fits. The words do not
 * contain the value, because it may be a secret (R11).
 */
export function misfit(schema: TSchema, value: unknown): string | undefined {
  if (fits(schema, value)) return undefined;
  if (!isRecord(value)) return 'it is not an object';
  if ('anyOf' in schema && Array.isArray(schema.anyOf)) return misfit(meant(schema.anyOf as TSchema[], value), value);
  const fields = propertiesOf(schema);
  for (const [name, inner] of Object.entries(fields)) {
    if (Object.hasOwn(value, name) ? fits(inner, value[name]) : !isRequired(schema, name)) continue;
    if (!Object.hasOwn(value, name)) return `its field ${name} is missing`;
    const deeper =
      isRecord(value[name]) && Object.keys(propertiesOf(inner)).length > 0 ? misfit(inner, value[name]) : undefined;
    return deeper === undefined ? `its field ${name} has the wrong form` : `in its field ${name}, ${deeper}`;
  }
  return 'it has an unknown field';
}

/** The most likely of several forms: the first with the largest number of the value’s fields. */
function meant(forms: readonly TSchema[], value: Record<string, unknown>): TSchema {
  const shared = (form: TSchema) => Object.keys(propertiesOf(form)).filter((name) => Object.hasOwn(value, name)).length;
  return forms.reduce((best, form) => (shared(form) > shared(best) ? form : best));
}

function propertiesOf(schema: TSchema): Readonly<Record<string, TSchema>> {
  return 'properties' in schema && isRecord(schema.properties) ? (schema.properties as Record<string, TSchema>) : {};
}

function isRequired(schema: TSchema, name: string): boolean {
  return 'required' in schema && Array.isArray(schema.required) && schema.required.includes(name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
