/** The agent's log: facts first, then a sentence. No secret may be in either (R11). */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** For tests, and for commands whose output is their own. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
