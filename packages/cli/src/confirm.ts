import type { PicketError } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import type { Io } from './io.ts';
import { readLine } from './read-input.ts';

export interface Confirmation {
  readonly question: string;
  /** What has to be typed. */
  readonly name: string;
  /** The error of a person who does not. */
  readonly refuse: (problem: string) => PicketError;
}

/** How a person may give the name that is asked for. */
export interface Naming {
  /** In the place of the question. */
  readonly confirm?: string;
  readonly yes?: true;
}

/**
 * Whether the name was given: by `--confirm`, or typed. With `--yes` alone nobody is asked, and it was not. Throws what
 * `refuse` makes of another name.
 */
export async function isNamed(io: Io, { confirm, yes }: Naming, asked: Confirmation): Promise<boolean> {
  if (confirm !== undefined) {
    if (confirm === asked.name) return true;
    throw asked.refuse(`--confirm is "${plain(confirm.slice(0, 64))}", which is not its name`);
  }
  if (yes === true) return false;
  await confirmByName(io, asked);
  return true;
}

/** Asks for a name before something is given up; throws what `refuse` makes where it is not typed, or nobody can be asked. */
export async function confirmByName(io: Io, { question, name, refuse }: Confirmation): Promise<void> {
  if (!io.canAsk) throw refuse('there is no terminal to ask on');
  io.stderr.write(`${question}: `);
  const typed = await readLine(io.stdin);
  if (typed === name) return;
  throw refuse(typed === '' ? 'nothing was typed' : `"${plain(typed.slice(0, 64))}" is not its name`);
}
