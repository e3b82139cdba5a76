import { failure } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import { quote } from '@picket/shared/problems.ts';
import type { Command } from 'commander';
import type { Io } from './io.ts';
import { readLine } from './read-input.ts';
import { usageError } from './usage.ts';

export interface Confirmation {
  readonly question: string;
  /** What the operator must type. */
  readonly name: string;
  /** Also accepted. */
  readonly or?: string;
  /** What stays unchanged otherwise, as the beginning of a sentence. */
  readonly what: string;
}

/** How an operator can give the name, or go without it. */
export interface Naming {
  readonly confirm?: string;
  readonly yes?: true;
}

/**
 * Adds `--yes` and `--confirm`, to a command that shows what it gives up and asks for a name.
 *
 * @param whose of what it asks for the name, such as `the cluster`
 * @param needed when the name is required even with `--yes`, such as `if the cluster serves`; left out: never
 */
export function withConfirmation(command: Command, whose: string, needed?: string): Command {
  return command
    .option('--yes', needed === undefined ? 'do not ask' : `do not ask; not sufficient ${needed}`)
    .option(
      '--confirm <name>',
      `the name of ${whose}, instead of the question${needed === undefined ? '' : `; required ${needed}`}`,
    );
}

/**
 * Whether the operator gives the name: with `--confirm`, or by an answer to the question. With only `--yes`, nobody is
 * asked and the answer is no. Throws `usage_invalid` if `--confirm` is another name.
 */
export function givesName({ confirm, yes }: Naming, { name, or }: Pick<Confirmation, 'name' | 'or'>): boolean {
  if (confirm === undefined) return yes !== true;
  if (confirm === name || confirm === or) return true;
  throw usageError(
    `--confirm ${quote(confirm)} is not ${quote(name)}; give that name, or leave --confirm out to be asked for it`,
  );
}

/**
 * Asks for the name unless `--confirm` or `--yes` was given. Throws `not_confirmed` if it is not typed, or if nobody can be
 * asked, and as {@link givesName} does.
 */
export async function confirmName(io: Io, naming: Naming, asked: Confirmation): Promise<void> {
  if (!givesName(naming, asked) || naming.confirm !== undefined) return;
  if (!io.canAsk) throw notConfirmed(asked, 'no terminal is available for the question');
  io.stderr.write(`${asked.question}: `);
  const typed = await readLine(io.stdin);
  if (typed === asked.name || (typed !== '' && typed === asked.or)) return;
  throw notConfirmed(asked, typed === '' ? 'nothing was typed' : `"${plain(typed.slice(0, 64))}" is not its name`);
}

const notConfirmed = ({ what }: Confirmation, problem: string) => failure('not_confirmed', { what, problem });
