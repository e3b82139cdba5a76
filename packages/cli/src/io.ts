/** Where text goes; a Node stream is one. */
export interface Output {
  write(text: string): unknown;
}

/** All of the outer world that the commands see, save the coordinator. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** Whether stdout is a terminal: only there are colours shown and the screen redrawn. */
  readonly isTTY: boolean;
  /** Whether a person can be asked: stdin and stderr are terminals. */
  readonly canAsk: boolean;
  /** Fires when the user interrupts. */
  readonly interrupted: AbortSignal;
  /** Resolves after this time, or at once when the user interrupts. */
  readonly sleep: (ms: number) => Promise<void>;
}
