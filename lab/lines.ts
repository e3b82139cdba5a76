import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What a player types, or a script holds, line by line. */
export interface Lines {
  /** Whether a person types them. */
  readonly typed: boolean;
  /** The next line; null at the end, and when the signal ends the lab. */
  next(prompt: string): Promise<string | null>;
  /** Leaves what follows unread. */
  close(): void;
}

/** @param interrupt is called on Ctrl-C at a prompt */
export function openLines(signal: AbortSignal, interrupt: () => void): Lines {
  return process.stdin.isTTY ? linesOfTerminal(signal, interrupt) : linesOfScript(signal);
}

function linesOfTerminal(signal: AbortSignal, interrupt: () => void): Lines {
  const { stdin, stdout } = process;
  let history: string[] = [];
  return {
    typed: true,
    async next(prompt) {
      if (signal.aborted) return null;
      // One for each line: in between the terminal belongs to the programs that the player starts.
      const terminal = createInterface({ input: stdin, output: stdout, prompt, history });
      terminal.on('history', (all: string[]) => {
        history = [...all];
      });
      terminal.on('SIGINT', interrupt);
      const close = () => terminal.close();
      signal.addEventListener('abort', close, { once: true });
      terminal.prompt();
      const line = await Promise.race([
        once(terminal, 'line').then(([text]) => text as string),
        once(terminal, 'close').then(() => null),
      ]);
      signal.removeEventListener('abort', close);
      close();
      if (line === null) stdout.write('\n');
      return line;
    },
    close: () => undefined,
  };
}

function linesOfScript(signal: AbortSignal): Lines {
  const { stdin, stdout } = process;
  const script = createInterface({ input: stdin });
  const lines = script[Symbol.asyncIterator]();
  const close = () => script.close();
  signal.addEventListener('abort', close, { once: true });
  return {
    typed: false,
    async next(prompt) {
      const { value, done } = await lines.next();
      if (done === true || signal.aborted) return null;
      stdout.write(`${prompt}${value}\n`);
      return value;
    },
    close,
  };
}
