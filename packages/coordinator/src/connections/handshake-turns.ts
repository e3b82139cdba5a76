export interface HandshakeLimits {
  /** Handshakes of one address at the same time. */
  readonly ofAddress: number;
  readonly ofAll: number;
  /** How long one keeps others waiting, in milliseconds. */
  readonly longest: number;
}

/** A handshake takes milliseconds on either side, so these limits keep an honest fleet waiting for nothing. */
const handshakeLimits: HandshakeLimits = { ofAddress: 2, ofAll: 16, longest: 3000 };

interface Running {
  readonly address: string;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/**
 * Which strangers' connections may begin their TLS handshake (R18). OpenSSL verifies each chain of certificates that a client shows, with up
 * to a hundred signatures, before anybody can refuse it: so few handshakes at a time, and those addresses first that have fewest. Pure
 * bookkeeping: the caller begins what is returned, and reports the end of each. Of an address, the newest connection comes first: of a flood of
 * silent ones, a newcomer waits for one alone.
 */
export class HandshakeTurns<Connection> {
  readonly #limits: HandshakeLimits;
  /** In the order of their last turns. */
  readonly #waiting = new Map<string, Connection[]>();
  readonly #running = new Map<Connection, Running>();
  readonly #runningOf = new Map<string, number>();

  constructor(limits = handshakeLimits) {
    this.#limits = limits;
  }

  /** @returns those that may begin now */
  arrive(connection: Connection, address: string, now: number): readonly Connection[] {
    const ofAddress = this.#waiting.get(address) ?? [];
    ofAddress.push(connection);
    this.#waiting.set(address, ofAddress);
    return this.#begin(now);
  }

  /** Its handshake is complete, or it is closed, also while it waits. @returns those that may begin now */
  end(connection: Connection, address: string, now: number): readonly Connection[] {
    if (this.#running.delete(connection)) this.#count(address, -1);
    else this.#drop(connection, address);
    return this.#begin(now);
  }

  /** Those that have kept others waiting for too long: to be closed. */
  overdue(now: number): readonly Connection[] {
    const isFull = this.#running.size >= this.#limits.ofAll && this.#waiting.size > 0;
    return [...this.#running].flatMap(([connection, { address, since }]) =>
      now - since >= this.#limits.longest && (isFull || this.#waiting.has(address)) ? [connection] : [],
    );
  }

  #begin(now: number): readonly Connection[] {
    const begun: Connection[] = [];
    while (this.#running.size < this.#limits.ofAll) {
      const address = this.#next();
      if (address === undefined) break;
      const waiting = this.#waiting.get(address) ?? [];
      const connection = waiting.pop();
      this.#waiting.delete(address);
      if (waiting.length > 0) this.#waiting.set(address, waiting);
      if (connection === undefined) continue;
      this.#running.set(connection, { address, since: now });
      this.#count(address, 1);
      begun.push(connection);
    }
    return begun;
  }

  /** The address with the fewest handshakes; of equal ones, that whose last turn is longest ago. */
  #next(): string | undefined {
    let fewest = this.#limits.ofAddress;
    let found: string | undefined;
    for (const address of this.#waiting.keys()) {
      const count = this.#runningOf.get(address) ?? 0;
      if (count >= fewest) continue;
      [fewest, found] = [count, address];
    }
    return found;
  }

  #drop(connection: Connection, address: string): void {
    const left = (this.#waiting.get(address) ?? []).filter((other) => other !== connection);
    if (left.length > 0) this.#waiting.set(address, left);
    else this.#waiting.delete(address);
  }

  #count(address: string, change: 1 | -1): void {
    const count = (this.#runningOf.get(address) ?? 0) + change;
    if (count > 0) this.#runningOf.set(address, count);
    else this.#runningOf.delete(address);
  }
}
