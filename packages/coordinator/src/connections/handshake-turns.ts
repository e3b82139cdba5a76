interface HandshakeLimits {
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
export function handshakeTurns<Connection>(limits = handshakeLimits) {
  /** In the order of their last turns. */
  const waiting = new Map<string, Connection[]>();
  const running = new Map<Connection, Running>();
  const runningOf = new Map<string, number>();

  function begin(now: number): readonly Connection[] {
    const begun: Connection[] = [];
    while (running.size < limits.ofAll) {
      const address = next();
      if (address === undefined) break;
      const queue = waiting.get(address) ?? [];
      const connection = queue.pop();
      waiting.delete(address);
      wait(address, queue);
      if (connection === undefined) continue;
      running.set(connection, { address, since: now });
      count(address, 1);
      begun.push(connection);
    }
    return begun;
  }

  /** The address with the fewest handshakes; of equal ones, that whose last turn is longest ago. */
  function next(): string | undefined {
    let fewest = limits.ofAddress;
    let found: string | undefined;
    for (const address of waiting.keys()) {
      const begun = runningOf.get(address) ?? 0;
      if (begun >= fewest) continue;
      [fewest, found] = [begun, address];
    }
    return found;
  }

  /** These connections of an address wait from now on. */
  function wait(address: string, connections: Connection[]): void {
    if (connections.length > 0) waiting.set(address, connections);
    else waiting.delete(address);
  }

  function count(address: string, change: 1 | -1): void {
    const left = (runningOf.get(address) ?? 0) + change;
    if (left > 0) runningOf.set(address, left);
    else runningOf.delete(address);
  }

  return {
    /** @returns those that may begin now */
    arrive(connection: Connection, address: string, now: number): readonly Connection[] {
      const queue = waiting.get(address) ?? [];
      queue.push(connection);
      waiting.set(address, queue);
      return begin(now);
    },

    /** Its handshake is complete, or it is closed, also while it waits. @returns those that may begin now */
    end(connection: Connection, address: string, now: number): readonly Connection[] {
      if (running.delete(connection)) count(address, -1);
      else {
        const others = (waiting.get(address) ?? []).filter((other) => other !== connection);
        wait(address, others);
      }
      return begin(now);
    },

    /** Those that have kept others waiting for too long: to be closed. */
    overdue(now: number): readonly Connection[] {
      const isFull = running.size >= limits.ofAll && waiting.size > 0;
      return [...running].flatMap(([connection, { address, since }]) =>
        now - since >= limits.longest && (isFull || waiting.has(address)) ? [connection] : [],
      );
    },
  };
}
