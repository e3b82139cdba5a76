import validatorFactory from '@fastify/ajv-compiler';
import serializerFactory from '@fastify/fast-json-stringify-compiler';
import { sentenceCutter } from '@picket/shared/protocol/sentences.ts';
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
 * Writes an answer as JSON: only what its schema names. It truncates a sentence that is longer than the schema allows:
 * otherwise the receiver could refuse the whole answer because of one node's words (R18).
 */
export const serializerCompiler: FastifySerializerCompiler<object> = (route) => (value: unknown) => {
  const { schema, method, url, httpStatus = '200' } = route;
  let serialize = serializers.get(schema);
  if (serialize === undefined) {
    const write = compileSerializer({ schema, method, url, httpStatus });
    const cut = sentenceCutter(schema);
    serialize = cut === null ? write : (answer) => write(cut(answer));
    serializers.set(schema, serialize);
  }
  return serialize(value);
};
