import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';

export type { Static, TSchema };

/** Whether a value is what a schema describes. Unknown fields pass unless the schema refuses them. */
export function fits<Schema extends TSchema>(schema: Schema, value: unknown): value is Static<Schema> {
  return Check(schema, value);
}

/**
 * Where a value is not what its schema describes: the first field, as `member.ports`, or undefined if it fits. The
 * value itself is not told, for it may be a secret (R11).
 */
export function misfit(schema: TSchema, value: unknown): string | undefined {
  if (fits(schema, value)) return undefined;
  if (!isRecord(value)) return 'it is no object';
  if ('anyOf' in schema && Array.isArray(schema.anyOf)) return misfit(meant(schema.anyOf as TSchema[], value), value);
  const fields = propertiesOf(schema);
  for (const [name, inner] of Object.entries(fields)) {
    if (Object.hasOwn(value, name) ? fits(inner, value[name]) : !isRequired(schema, name)) continue;
    if (!Object.hasOwn(value, name)) return `its field ${name} is missing`;
    const deeper =
      isRecord(value[name]) && Object.keys(propertiesOf(inner)).length > 0 ? misfit(inner, value[name]) : undefined;
    return deeper === undefined ? `its field ${name} is not of the right form` : `in its field ${name}, ${deeper}`;
  }
  return 'it has a field that does not belong there';
}

/** Of several forms the one that this is most likely to be: the first that has the most of its fields. */
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
