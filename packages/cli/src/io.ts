/** Where text goes; a Node stream is one. */
export interface Output {
  write(text: string): unknown;
}

/** Everything outside of the program that commands use, except the coordinator. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonic: () => number;
  /** Whether stdout is a terminal. Only then are colours shown and the screen is redrawn. */
  readonly isTTY: boolean;
  /** The width of that terminal. */
  readonly columns?: number | undefined;
  /** How wide the terminal of stderr is, where a line can be rewritten; null if it is none. */
  readonly progressColumns: number | null;
  /** Whether a person can be asked: stdin and stderr are terminals. */
  readonly canAsk: boolean;
  /** Aborts when the user interrupts. */
  readonly interrupted: AbortSignal;
  /** Resolves after this time, or at once when the user interrupts. */
  readonly sleep: (ms: number) => Promise<void>;
}
