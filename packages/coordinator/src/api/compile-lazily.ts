import validatorFactory from '@fastify/ajv-compiler';
import serializerFactory from '@fastify/fast-json-stringify-compiler';
import { messageWriter } from '@picket/shared/protocol/messages.ts';
import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify';

// Fastify's own compilers. Compiling all schemas takes longer than the rest of the start, and most processes use few of
// them. So each schema is compiled when a request first needs it, once in a process.

type Validator = ReturnType<FastifySchemaCompiler<object>>;

const options = { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } } as const;
const compileValidator = validatorFactory()({}, options) as unknown as FastifySchemaCompiler<object>;
const compileSerializer = serializerFactory()();
const serializers = new WeakMap<object, (value: unknown) => string>();

/** Checks a part of a request against its schema, and changes nothing in it. */
export const validatorCompiler: FastifySchemaCompiler<object> = (route) => {
  let compiled: Validator | undefined;
  const validate: Validator = (value: unknown) => {
    compiled ??= compileValidator(route);
    const judged = compiled(value);
    validate.errors = compiled.errors ?? null;
    return judged;
  };
  return validate;
};

/**
 * Writes an answer as JSON: only what its schema names, with the message of each reason. It truncates a sentence that is longer
 * than the schema allows: otherwise the receiver could refuse the whole answer because of one node's words (R18).
 */
export const serializerCompiler: FastifySerializerCompiler<object> = (route) => (value: unknown) => {
  const { schema, method, url, httpStatus = '200' } = route;
  let serialize = serializers.get(schema);
  if (serialize === undefined) {
    const write = compileSerializer({ schema: withoutUnionsOfNull(schema), method, url, httpStatus });
    const tell = messageWriter(schema);
    serialize = tell === null ? write : (answer) => write(tell(answer));
    serializers.set(schema, serialize);
  }
  return serialize(value);
};

/** The parts of JSON Schema that show what may be null. */
interface Shape {
  readonly type?: unknown;
  readonly anyOf?: readonly Shape[];
}

/**
 * The serializer validates a value against the forms of a union, and within it at each level again: with the reports of hostile
 * nodes, that took four times as long as the writing (R18). Whether a value is null needs no validation.
 */
function withoutUnionsOfNull(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutUnionsOfNull);
  if (typeof schema !== 'object' || schema === null) return schema;
  const [form, none, ...more] = (schema as Shape).anyOf ?? [];
  if (typeof form?.type === 'string' && none?.type === 'null' && more.length === 0) {
    return { ...(withoutUnionsOfNull(form) as object), nullable: true };
  }
  return Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, withoutUnionsOfNull(part)]));
}
