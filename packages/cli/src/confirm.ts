import { failure } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import type { Io } from './io.ts';
import { readLine } from './read-input.ts';

export interface Confirmation {
  readonly question: string;
  /** What has to be typed. */
  readonly name: string;
  /** What stays as it is if a person does not, as a sentence begins with it. */
  readonly what: string;
}

/** How a person may give the name that is asked for. */
export interface Naming {
  /** In the place of the question. */
  readonly confirm?: string;
  readonly yes?: true;
}

/**
 * Whether the name was given: by `--confirm`, or typed. With `--yes` alone nobody is asked, and it was not. Throws
 * `not_confirmed` for another name.
 */
export async function isNamed(io: Io, { confirm, yes }: Naming, asked: Confirmation): Promise<boolean> {
  if (confirm !== undefined) {
    if (confirm === asked.name) return true;
    throw notConfirmed(asked, `--confirm is "${plain(confirm.slice(0, 64))}", which is not its name`);
  }
  if (yes === true) return false;
  await confirmByName(io, asked);
  return true;
}

/** Asks for a name before something is given up. Throws `not_confirmed` if it is not typed, or nobody can be asked. */
export async function confirmByName(io: Io, asked: Confirmation): Promise<void> {
  if (!io.canAsk) throw notConfirmed(asked, 'there is no terminal to ask on');
  io.stderr.write(`${asked.question}: `);
  const typed = await readLine(io.stdin);
  if (typed === asked.name) return;
  throw notConfirmed(asked, typed === '' ? 'nothing was typed' : `"${plain(typed.slice(0, 64))}" is not its name`);
}

const notConfirmed = ({ what }: Confirmation, problem: string) => failure('not_confirmed', { what, problem });
