import { type Static, Type } from 'typebox';
import { Identifier, strict } from './words.ts';

/**
 * Names the life of a coordinator's store since it was last restored from a backup; there is none before the first time.
 * A later restore has the higher number, and no two have the same name: by it a node tells a coordinator that was
 * restored from the one that it has followed, and from another copy of the same backup (R5).
 */
export const Epoch = Type.Object({ number: Type.Integer({ minimum: 1 }), name: Identifier }, strict);
export type Epoch = Static<typeof Epoch>;
