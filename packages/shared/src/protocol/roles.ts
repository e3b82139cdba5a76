import { type Static, Type } from 'typebox';

/** What an operator may do. */
export const Role = Type.Union([Type.Literal('admin'), Type.Literal('operator'), Type.Literal('viewer')]);
export type Role = Static<typeof Role>;
