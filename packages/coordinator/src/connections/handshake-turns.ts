export interface HandshakeLimits {
  /** Handshakes of one address at the same time. */
  readonly ofAddress: number;
  readonly ofAll: number;
}

/** A handshake takes milliseconds on either side, so these limits keep an honest fleet waiting for nothing. */
const handshakeLimits: HandshakeLimits = { ofAddress: 2, ofAll: 16 };

/**
 * Which strangers' connections may begin their TLS handshake (R18). OpenSSL verifies each chain of certificates that a client shows, with up
 * to a hundred signatures, before anybody can refuse it: so few handshakes at a time, and those addresses first that have fewest. Pure
 * bookkeeping: the caller begins what is returned, and reports the end of each.
 */
export class HandshakeTurns<Connection> {
  readonly #limits: HandshakeLimits;
  /** In the order of their last turns. */
  readonly #waiting = new Map<string, Connection[]>();
  readonly #running = new Map<Connection, string>();
  readonly #runningOf = new Map<string, number>();

  constructor(limits = handshakeLimits) {
    this.#limits = limits;
  }

  /** @returns those that may begin now */
  arrive(connection: Connection, address: string): readonly Connection[] {
    const ofAddress = this.#waiting.get(address) ?? [];
    ofAddress.push(connection);
    this.#waiting.set(address, ofAddress);
    return this.#begin();
  }

  /** Its handshake is complete, or it is closed, also while it waits. @returns those that may begin now */
  end(connection: Connection, address: string): readonly Connection[] {
    if (this.#running.delete(connection)) this.#count(address, -1);
    else this.#drop(connection, address);
    return this.#begin();
  }

  #begin(): readonly Connection[] {
    const begun: Connection[] = [];
    while (this.#running.size < this.#limits.ofAll) {
      const address = this.#next();
      if (address === undefined) break;
      const [connection, ...others] = this.#waiting.get(address) ?? [];
      this.#waiting.delete(address);
      if (others.length > 0) this.#waiting.set(address, others);
      if (connection === undefined) continue;
      this.#running.set(connection, address);
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
