import { randomBytes } from 'node:crypto';
import type { FreshNames } from './model/fresh-names.ts';

/** A random value of the protocol's `Identifier`: 80 bits, so that no two are ever the same. */
export function newId(): string {
  return randomBytes(10).toString('hex');
}

export function freshNames(): FreshNames {
  return { incarnation: newId(), nonce: newId(), id: newId() };
}
