/** What of a JSON schema the page shows. */
interface Shape {
  readonly type?: string;
  readonly const?: string;
  readonly anyOf?: readonly Shape[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, object>>;
  readonly items?: object;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** A key of a configuration file with its schema: `limits.connections`, or `members[].name` of each item of a list. */
export interface Key {
  readonly path: string;
  readonly schema: object;
}

/** The keys of a schema that hold a value, in its order. */
export function keysOf(schema: object, prefix = ''): Key[] {
  const { properties = {} } = schema as Shape;
  return Object.entries(properties).flatMap(([name, inner]) => {
    const { properties: own, items } = inner as Shape;
    const path = `${prefix}${name}`;
    if (own !== undefined) return keysOf(inner, `${path}.`);
    return (items as Shape | undefined)?.properties === undefined
      ? [{ path, schema: inner }]
      : keysOf(items as object, `${path}[].`);
  });
}

/** What a value of this schema is, in words. */
export function formOf(schema: object): string {
  const { type, anyOf, minimum, maximum, items, minItems = 0, maxItems } = schema as Shape;
  if (anyOf !== undefined) return anyOf.map(({ const: value }) => `\`${value}\``).join(', ');
  if (type === 'integer') return maximum === undefined ? 'integer' : `integer, ${count(minimum)} to ${count(maximum)}`;
  if (type === 'array') return `list of ${minItems} to ${maxItems} ${formOf(items as object)}s`;
  if (type === 'boolean') return '`true`, `false`';
  return type ?? 'any';
}

function count(value = 0): string {
  return value.toLocaleString('en-US');
}
