export interface KnownAddressLimits {
  /** New connections in 10 s for each client that is known at an address. Further ones count as those of strangers. */
  readonly newConnectionsPerClientPerTenSeconds: number;
}

const windowMs = 10_000;
/** Of one client; it may move, or have several interfaces. */
const addressesPerClient = 4;

interface Entry {
  /** How many clients are known there. */
  clients: number;
  /** Monotonic milliseconds. */
  since: number;
  /** New connections since then. */
  taken: number;
}

/**
 * The addresses where clients have proven their identity, each with new connections of its own: a flood of strangers from
 * elsewhere does not use these up (R18). Bounded by the number of clients. Pure bookkeeping.
 */
export function knownAddresses({ newConnectionsPerClientPerTenSeconds: perClient }: KnownAddressLimits) {
  const addresses = new Map<string, Entry>();
  const ofClient = new Map<string, string[]>();

  function leave(address: string): void {
    const entry = addresses.get(address);
    if (entry === undefined) return;
    entry.clients -= 1;
    if (entry.clients === 0) addresses.delete(address);
  }

  return {
    /** A client has proven its identity at this address. @returns whether it was not known there */
    note(client: string, address: string): boolean {
      const own = ofClient.get(client) ?? [];
      if (own.includes(address)) return false;
      const entry = addresses.get(address) ?? { clients: 0, since: Number.NEGATIVE_INFINITY, taken: 0 };
      entry.clients += 1;
      addresses.set(address, entry);
      own.push(address);
      ofClient.set(client, own);
      const oldest = own.length > addressesPerClient ? own.shift() : undefined;
      if (oldest !== undefined) leave(oldest);
      return true;
    },

    /** The client is admitted no longer. */
    forget(client: string): void {
      for (const address of ofClient.get(client) ?? []) leave(address);
      ofClient.delete(client);
    },

    /** Counts a new connection. @returns whether the address has one left */
    take(address: string, now: number): boolean {
      const entry = addresses.get(address);
      if (entry === undefined) return false;
      if (now - entry.since >= windowMs) Object.assign(entry, { since: now, taken: 0 });
      if (entry.taken >= entry.clients * perClient) return false;
      entry.taken += 1;
      return true;
    },
  };
}
