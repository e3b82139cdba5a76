/** A JSON schema, as far as Picket's have keywords. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly [keyword: string]: unknown;
}

interface Operation {
  readonly 'x-errors'?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Readonly<{ in: string; name: string; required: boolean; schema: Schema }>[];
  readonly requestBody?: Readonly<{
    required?: boolean;
    content: Readonly<Record<string, { readonly schema: Schema }>>;
  }>;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const width = 120;
/** What is shorter is not given a name. */
const shortest = 24;

/**
 * What requests and answers have, a route after the other, in the notation of TypeScript: `?` is optional, `…` stands in an object
 * that may have further fields, and a number or a range after a type is its limits. What stands in several places has a name, by
 * the first of them.
 */
export function structureOf({ paths }: OpenApi): string {
  const names = namesOf(Object.values(paths).flatMap((methods) => Object.values(methods).flatMap(schemasOf)));
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => routeOf(`${method.toUpperCase()} ${path}`, operation, names)),
  );
  const definitions = [...names].map(([text, name]) => {
    const schema = JSON.parse(text) as Schema;
    return `${name} = ${typeOf(schema, new Map([...names].filter(([other]) => other !== text)), '')}`;
  });
  return [...routes, definitions.join('\n')].join('\n\n');
}

function routeOf(title: string, operation: Operation, names: ReadonlyMap<string, string>): string {
  const { parameters = [], requestBody, responses, security } = operation;
  const lines = parameters.map(
    ({ in: place, name, required, schema }) => `${place} ${name}${required ? '' : '?'}: ${typeOf(schema, names, '  ')}`,
  );
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {}))
    lines.push(`body${requestBody?.required === true ? '' : '?'} ${type}: ${typeOf(schema, names, '  ')}`);
  for (const [status, { content = {} }] of Object.entries(responses)) {
    const bodies = Object.entries(content).map(([type, { schema }]) => ` ${type}: ${typeOf(schema, names, '  ')}`);
    lines.push(`${status}${bodies.join(' or')}`);
  }
  lines.push(`errors: ${operation['x-errors']?.join(', ')}`);
  const open = security?.length === 0 ? ', for anybody' : '';
  return `${title}${open}\n${lines.map((line) => `  ${line.replaceAll(' application/json', '')}`).join('\n')}`;
}

function schemasOf({ parameters = [], requestBody, responses }: Operation): readonly (readonly [string, Schema])[] {
  const bodies = [requestBody?.content ?? {}, ...Object.values(responses).map(({ content = {} }) => content)];
  return [
    ...parameters.map(({ name, schema }) => [name, schema] as const),
    ...bodies.flatMap((content) => Object.values(content).map(({ schema }) => ['Body', schema] as const)),
  ];
}

/** The schemas that stand in several places, as JSON, and their names. */
function namesOf(schemas: readonly (readonly [string, Schema])[]): ReadonlyMap<string, string> {
  const seen = new Map<string, { count: number; readonly key: string }>();
  const look = (key: string, schema: Schema): void => {
    const text = JSON.stringify(schema);
    const before = seen.get(text);
    if (before !== undefined) before.count += 1;
    else {
      seen.set(text, { count: 1, key });
      for (const [name, inner] of partsOf(schema)) look(name ?? key, inner);
    }
  };
  for (const [key, schema] of schemas) look(key, schema);
  const names = new Map<string, string>();
  const taken = new Map<string, number>();
  for (const [text, { count, key }] of seen) {
    if (count < 2 || typeOf(JSON.parse(text) as Schema, names, '').length < shortest) continue;
    const name = key.replace(/[^A-Za-z0-9]+(.?)/g, (_all, next: string) => next.toUpperCase());
    const number = (taken.get(name) ?? 0) + 1;
    taken.set(name, number);
    names.set(text, `$${name}${number === 1 ? '' : number}`);
  }
  return names;
}

function partsOf({ items, anyOf = [], properties = {}, additionalProperties }: Schema) {
  return [
    ...Object.entries(properties),
    ...(items === undefined ? [] : [[null, items] as const]),
    ...anyOf.map((one) => [null, one] as const),
    ...(typeof additionalProperties === 'object' ? [[null, additionalProperties] as const] : []),
  ] as readonly (readonly [string | null, Schema])[];
}

function typeOf(schema: Schema, names: ReadonlyMap<string, string>, indent: string): string {
  const name = names.get(JSON.stringify(schema));
  if (name !== undefined) return name;
  const { type, enum: values, anyOf, items, ...rest } = schema;
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (anyOf !== undefined) return anyOf.map((one) => typeOf(one, names, indent)).join(' | ');
  if (items !== undefined) return `[${typeOf(items, names, indent)}]${limitsOf(rest, 'Items')}`;
  if (type === 'object') return objectOf(schema, names, indent);
  const pattern = typeof rest.pattern === 'string' ? ` /${rest.pattern}/` : '';
  return `${type ?? 'any'}${pattern}${limitsOf(rest, 'Length')}${limitsOf(rest, 'imum')}`;
}

function objectOf(
  { properties = {}, required = [], additionalProperties }: Schema,
  names: ReadonlyMap<string, string>,
  indent: string,
) {
  const fields = (deeper: string) => [
    ...Object.entries(properties).map(
      ([field, inner]) => `${field}${required.includes(field) ? '' : '?'}: ${typeOf(inner, names, deeper)}`,
    ),
    ...(typeof additionalProperties === 'object' ? [`[any]: ${typeOf(additionalProperties, names, deeper)}`] : []),
    ...(additionalProperties === undefined || additionalProperties === true ? ['…'] : []),
  ];
  const inline = `{ ${fields(indent).join(', ')} }`.replace('{  }', '{}');
  if (!inline.includes('\n') && indent.length + inline.length <= width) return inline;
  const deeper = `${indent}  `;
  return `{\n${fields(deeper)
    .map((line) => `${deeper}${line}\n`)
    .join('')}${indent}}`;
}

function limitsOf(schema: Readonly<Record<string, unknown>>, of: string): string {
  const [from, to] = [schema[`min${of}`], schema[`max${of}`]] as readonly (number | undefined)[];
  return from === undefined && to === undefined ? '' : ` ${from ?? ''}..${to ?? ''}`;
}
