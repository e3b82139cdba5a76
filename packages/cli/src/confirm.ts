import { failure } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import type { Io } from './io.ts';
import { readLine } from './read-input.ts';

export interface Confirmation {
  readonly question: string;
  /** What the operator must type. */
  readonly name: string;
  /** Also accepted. */
  readonly or?: string;
  /** What stays unchanged otherwise, as the beginning of a sentence. */
  readonly what: string;
}

/** How an operator can give the name. */
export interface Naming {
  /** The name, instead of the question. */
  readonly confirm?: string | undefined;
  readonly yes?: true | undefined;
}

/**
 * Whether the operator gives the name: with `--confirm`, or by an answer to the question. With only `--yes`, nobody is
 * asked and the answer is no. Throws `not_confirmed` if `--confirm` is another name.
 */
export function givesName({ confirm, yes }: Naming, asked: Confirmation): boolean {
  if (confirm === undefined) return yes !== true;
  if (confirm === asked.name) return true;
  throw notConfirmed(asked, `--confirm is "${plain(confirm.slice(0, 64))}", which is not its name`);
}

/** Asks for the name unless `--confirm` or `--yes` was given. Throws as {@link confirmByName} does. */
export async function confirmUnlessGiven(io: Io, { confirm, yes }: Naming, asked: Confirmation): Promise<void> {
  if (confirm === undefined && yes !== true) await confirmByName(io, asked);
}

/** Asks for a name before data is given up. Throws `not_confirmed` if it is not typed, or if nobody can be asked. */
export async function confirmByName(io: Io, asked: Confirmation): Promise<void> {
  if (!io.canAsk) throw notConfirmed(asked, 'no terminal is available for the question');
  io.stderr.write(`${asked.question}: `);
  const typed = await readLine(io.stdin);
  if (typed === asked.name || (typed !== '' && typed === asked.or)) return;
  throw notConfirmed(asked, typed === '' ? 'nothing was typed' : `"${plain(typed.slice(0, 64))}" is not its name`);
}

const notConfirmed = ({ what }: Confirmation, problem: string) => failure('not_confirmed', { what, problem });
