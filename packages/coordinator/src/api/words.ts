import { Identifier, strict } from '@picket/shared/protocol/words.ts';
import { Type } from 'typebox';

/** The parameters of a route whose path has an `:id`. */
export const ById = Type.Object({ id: Identifier }, strict);

/** The answers of a route without content. */
export const nothing = { 204: Type.Unsafe<undefined>({ type: 'null', description: 'Done, without content.' }) };
