/** The agent's log: facts first, then a sentence. It must never hold a secret (R11). */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** For tests, and for commands that print their own output. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
