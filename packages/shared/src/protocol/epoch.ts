import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Identifier, strict } from './primitives.ts';

/**
 * Identifies a coordinator's store since its last restore from a backup. Before the first restore it has no epoch. A later
 * restore has a higher number, and each restore has its own name. With it, a node can tell a restored coordinator from the one
 * that it has followed, and from another copy of the same backup (R5).
 */
export const Epoch = Type.Object({ number: Type.Integer({ minimum: 1 }), name: Identifier }, strict);
export type Epoch = Static<typeof Epoch>;
