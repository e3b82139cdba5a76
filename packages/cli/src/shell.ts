import { type ExitCode, exitCodes } from '@picket/shared/exit-codes.ts';
import { plainIn } from '@picket/shared/plain.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { type Api, apiOf } from './api.ts';
import { contextPath, loadContext } from './context-file.ts';
import type { Connect, Endpoint } from './coordinator-client.ts';
import type { Io } from './io.ts';
import { paintFor } from './render/paint.ts';
import type { Times } from './render/units.ts';
import { repeatLost } from './repeat-lost.ts';

export type OutputFormat = 'table' | 'wide' | 'json';

export interface GlobalOptions {
  readonly output: OutputFormat;
  readonly context?: string | undefined;
}

export type Shell = ReturnType<typeof openShell>;

/** What every command gets. */
export function openShell(io: Io, connect: Connect, options: () => GlobalOptions) {
  const json = () => options().output === 'json';
  const wide = () => options().output === 'wide';
  /** Prints on stderr what is not part of the answer. */
  const note = (text: string) => {
    io.stderr.write(withNewline(text));
  };
  let exitCode: ExitCode = exitCodes.done.code;
  let hasShown = false;
  return {
    io,
    paint: paintFor(io),
    /** Whether `--output json` was given. */
    json,
    /** Whether `--output wide` was given. */
    wide,
    /** How tables show times: with `--output wide` in UTC. */
    times: (now = io.now()): Times => ({ now, inUtc: wide() }),

    /** Connects to the context's coordinator while `work` runs. */
    async withCoordinator<T>(work: (api: Api) => Promise<T>): Promise<T> {
      const context = await loadContext(contextPath(options().context, io.env));
      const client = repeatLost(connect(context, io.interrupted), { ...io, note });
      try {
        return await work(apiOf(client));
      } finally {
        await client.close();
      }
    },

    /** The path of the context file that commands use. */
    contextFile: () => contextPath(options().context, io.env),

    /** Connects to a coordinator of which no context file exists yet. */
    connect: (endpoint: Endpoint) => connect(endpoint, io.interrupted),

    /**
     * Prints an answer: unchanged for `--output json`, otherwise the text that `render` makes of it. Nothing in what `render` gets can
     * begin a line of its own or steer the terminal.
     */
    show<Answer>(answer: Answer, render: (answer: Answer) => string) {
      hasShown = true;
      io.stdout.write(json() ? `${JSON.stringify(answer, null, 2)}\n` : withNewline(render(plainIn(answer))));
    },

    /** Whether an answer is on stdout: as JSON, nothing else may follow it there. */
    hasShown: () => hasShown,

    /** The exit code of a command that has done its work: `done`, unless `endWithFound` was called. */
    exitCode: () => exitCode,
    endWithFound() {
      exitCode = exitCodes.found.code;
    },

    note,

    /** Says that a list was cut. */
    noteMore({ next }: Pick<Page<unknown>, 'next'>, what: string) {
      if (next !== null && !json()) note(`There are more ${what}. A higher --limit shows them.`);
    },
  };
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
