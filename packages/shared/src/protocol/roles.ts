import type { Static } from 'typebox';
import { oneOf } from './unions.ts';

/** What an operator may do. */
export const Role = oneOf('admin', 'operator', 'viewer');
export type Role = Static<typeof Role>;
