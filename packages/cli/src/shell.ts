import { Api } from './api.ts';
import { contextPath, loadContext } from './context-file.ts';
import type { Connect } from './coordinator-client.ts';
import type { Io } from './io.ts';
import { type Paint, paintFor } from './render/paint.ts';

export type OutputFormat = 'table' | 'json';

export interface GlobalOptions {
  readonly output: OutputFormat;
  readonly context?: string;
}

/** What every command is given. */
export interface Shell {
  readonly io: Io;
  readonly paint: Paint;
  /** Opens the context's coordinator for the time of `work`. */
  withCoordinator<T>(work: (api: Api) => Promise<T>): Promise<T>;
  /** Shows an answer: as it came for `--output json`, else as the text that `text` makes of it. */
  show(answer: unknown, text: () => string): void;
  /** Whether `--output json` was given. */
  json(): boolean;
  /** Tells what is no part of the answer, on stderr. */
  note(text: string): void;
}

export function openShell(io: Io, connect: Connect, options: () => GlobalOptions): Shell {
  const json = () => options().output === 'json';
  return {
    io,
    paint: paintFor(io),
    json,

    async withCoordinator(work) {
      const context = await loadContext(contextPath(options().context, io.env));
      const client = connect(context, io.interrupted);
      try {
        return await work(new Api(client));
      } finally {
        await client.close();
      }
    },

    show(answer, text) {
      io.stdout.write(json() ? `${JSON.stringify(answer, null, 2)}\n` : withNewline(text()));
    },

    note(text) {
      io.stderr.write(withNewline(text));
    },
  };
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
