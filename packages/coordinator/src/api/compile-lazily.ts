import validatorFactory from '@fastify/ajv-compiler';
import serializerFactory from '@fastify/fast-json-stringify-compiler';
import { sentenceCutter } from '@picket/shared/protocol/sentences.ts';
import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify';

// Fastify's own compilers. To compile all schemas takes longer than all else that a coordinator does before it serves,
// and most of its lives use few of them; so each is compiled when a request needs it first, and once in a process.

type Validator = ReturnType<FastifySchemaCompiler<object>>;

const options = { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } } as const;
const compileValidator = validatorFactory()({}, options) as unknown as FastifySchemaCompiler<object>;
const compileSerializer = serializerFactory()();
const serializers = new WeakMap<object, (value: unknown) => string>();

/** Judges a part of a request by its schema, and changes nothing in it. */
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
 * Writes an answer as JSON: what its schema names, and nothing else. It cuts a sentence that is longer than the schema allows:
 * the receiver could else refuse the whole answer for the words of one node (R18).
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
