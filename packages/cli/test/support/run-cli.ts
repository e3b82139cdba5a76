import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Context, writeContext } from '@picket/shared/context/context.ts';
import { type ErrorCode, PicketError, type WireError } from '@picket/shared/errors.ts';
import type { ErrorFacts } from '@picket/shared/reasons/error-words.ts';
import { patternOf } from '../../../../test/support/said.ts';
import { run } from '../../src/commands/program.ts';
import type { Connect } from '../../src/coordinator-client.ts';
import type { Io } from '../../src/io.ts';
import type { TestPki } from './pki.ts';

export const now = Date.parse('2026-11-24T12:00:00Z');

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions extends Partial<Omit<Io, 'stdout' | 'stderr' | 'stdin'>> {
  readonly stdin?: string;
  readonly connect?: Connect;
}

/** Runs one command line as `picket` would be. */
export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const written = { out: '', err: '' };
  let slept = 0;
  const { stdin = '', connect, ...io } = options;
  const code = await run(
    argv,
    {
      stdout: { write: (text) => (written.out += text) },
      stderr: { write: (text) => (written.err += text) },
      stdin: (async function* () {
        yield Buffer.from(stdin);
      })(),
      env: {},
      now: () => now,
      monotonic: () => slept,
      progressColumns: null,
      isTTY: false,
      canAsk: false,
      interrupted: new AbortController().signal,
      sleep: async (ms) => {
        slept += ms;
      },
      ...io,
    },
    connect,
  );
  return { code, ...written };
}

/** What `picket` prints on standard error when it fails with this error. */
export function complaint({ code, message, hint }: Pick<WireError, 'code' | 'message' | 'hint'>): string {
  return `picket: ${message}\n  ${hint}${code === 'usage_invalid' ? '' : ` (${code})`}\n`;
}

/** Matches the {@link complaint} of an error of this code; see `patternOf` for the facts that the test does not know. */
export function complaintLike(code: ErrorCode, facts: ErrorFacts = {}): RegExp {
  return new RegExp(`^${patternOf(complaint(new PicketError(code, facts)))}$`);
}

/** A folder for the files of the test files that run in this process. */
export const folder = mkdtempSync(join(tmpdir(), 'picket-cli-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

export function writeFile(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode });
  return path;
}

export function contextFor(server: string, pki: TestPki): Context {
  return { server, operator: 'admin', certificateAuthority: pki.authority, credential: pki.credential };
}

/** The environment in which `picket` finds this context. */
export function contextEnv(server: string, pki: TestPki, name = `context-of-${new URL(server).port}.yml`): Io['env'] {
  return { PICKET_CONTEXT: writeFile(name, writeContext(contextFor(server, pki))) };
}
