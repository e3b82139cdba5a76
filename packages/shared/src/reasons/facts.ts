import type { AnyReason } from './reason.ts';

/** Facts that are texts, by their names: `Texts<'member' | 'nodeId'>`. */
export type Texts<Name extends string> = { readonly [One in Name]: string };

/** Facts that are numbers. */
export type Numbers<Name extends string> = { readonly [One in Name]: number };

/** Facts that are true or false. */
export type Flags<Name extends string> = { readonly [One in Name]: boolean };

/** Facts that are reasons themselves. */
export type Reasons<Name extends string> = { readonly [One in Name]: AnyReason };

export type Member = Texts<'member'>;
export type Cluster = Texts<'cluster'>;
/** Why it is so. */
export type Why = Reasons<'why'>;
