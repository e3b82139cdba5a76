import { Api } from './api.ts';
import { contextPath, loadContext } from './context-file.ts';
import type { Connect } from './coordinator-client.ts';
import type { Io } from './io.ts';
import { paintFor } from './render/paint.ts';

export type OutputFormat = 'table' | 'json';

export interface GlobalOptions {
  readonly output: OutputFormat;
  readonly context?: string;
}

export type Shell = ReturnType<typeof openShell>;

/** What every command is given. */
export function openShell(io: Io, connect: Connect, options: () => GlobalOptions) {
  const json = () => options().output === 'json';
  return {
    io,
    paint: paintFor(io),
    /** Whether `--output json` was given. */
    json,

    /** Opens the context's coordinator for the time of `work`. */
    async withCoordinator<T>(work: (api: Api) => Promise<T>): Promise<T> {
      const context = await loadContext(contextPath(options().context, io.env));
      const client = connect(context, io.interrupted);
      try {
        return await work(new Api(client));
      } finally {
        await client.close();
      }
    },

    /** Shows an answer: as it came for `--output json`, else as the text that `text` makes of it. */
    show(answer: unknown, text: () => string) {
      io.stdout.write(json() ? `${JSON.stringify(answer, null, 2)}\n` : withNewline(text()));
    },

    /** Tells what is no part of the answer, on stderr. */
    note(text: string) {
      io.stderr.write(withNewline(text));
    },
  };
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
