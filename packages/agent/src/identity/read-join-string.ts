import type { Readable } from 'node:stream';
import { failure } from '@picket/shared/errors.ts';
import type { HostFiles } from '../host/host.ts';

interface JoinStringSources {
  /** `--join-file`; it comes before the others, since the operator named it. */
  readonly file?: string | undefined;
  /** The environment, for PICKET_JOIN. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly files: Pick<HostFiles, 'read'>;
}

const mostBytes = 4096;

/**
 * Reads the join string from a file, the environment or standard input, in this order. Never from an argument, which
 * every user of the machine can read (R11). Does not wait for a terminal. Throws `join_string_missing`,
 * `join_string_invalid`.
 */
export async function readJoinString({ file, env, stdin, files }: JoinStringSources): Promise<string> {
  if (file !== undefined) {
    const text = await files.read(file);
    if (text === null) throw failure('join_string_invalid', { problem: `the file ${file} does not exist` });
    return checked(text, `the file ${file}`);
  }
  const given = env.PICKET_JOIN;
  if (given !== undefined && given.trim() !== '') return checked(given, 'PICKET_JOIN');
  if (stdin.isTTY === true) throw failure('join_string_missing', {});
  const piped = await readAll(stdin);
  if (piped.trim() === '') throw failure('join_string_missing', {});
  return checked(piped, 'standard input');
}

function checked(text: string, source: string): string {
  if (text.length > mostBytes)
    throw failure('join_string_invalid', { problem: `${source} is too long for a join string` });
  return text.trim();
}

async function readAll(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.length > mostBytes) break;
  }
  return text;
}
