export interface ConnectionLimits {
  /** Connections in all. */
  readonly connections: number;
  /** Connections of clients that have not proven their identity yet. */
  readonly strangers: number;
  readonly strangersPerAddress: number;
  /** Connections of one node or one operator. */
  readonly connectionsPerClient: number;
  /** How long a stranger may keep a connection. */
  readonly strangerSeconds: number;
}

interface Place {
  /** The address under which a stranger counts. */
  readonly address: string;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/**
 * Which client has which connection, and which connections to close to keep the limits (R18). A connection belongs to a
 * stranger until a request on it has proven a node or an operator. A new connection always replaces that of the
 * stranger that has waited longest, so a flood of strangers leaves every newcomer time to prove itself; strangers never
 * displace a known client. Pure bookkeeping: the caller closes what is returned, and reports each closed connection.
 */
export function connectionBook<Connection>(limits: ConnectionLimits) {
  /** In order of arrival. */
  const strangers = new Map<Connection, Place>();
  const byAddress = new Map<string, Set<Connection>>();
  const known = new Map<Connection, string>();
  const byClient = new Map<string, Set<Connection>>();

  const isFull = () => strangers.size + known.size >= limits.connections;

  function forgetStranger(connection: Connection): void {
    const place = strangers.get(connection);
    if (place === undefined) return;
    strangers.delete(connection);
    remove(byAddress, place.address, connection);
  }

  function dropOldest([oldest]: Iterable<Connection>): readonly Connection[] {
    if (oldest === undefined) return [];
    forgetStranger(oldest);
    return [oldest];
  }

  /** The strangers of the address that has most of them. */
  function mostCrowded(): Iterable<Connection> {
    let most: ReadonlySet<Connection> = new Set();
    for (const connections of byAddress.values()) if (connections.size > most.size) most = connections;
    return most;
  }

  /** The connection has closed. */
  function close(connection: Connection): void {
    forgetStranger(connection);
    const client = known.get(connection);
    if (client === undefined) return;
    known.delete(connection);
    remove(byClient, client, connection);
  }

  return {
    /** A new connection. @returns which to close for it: itself if known clients hold every place */
    open(connection: Connection, address: string, now: number): readonly Connection[] {
      const closing: Connection[] = [];
      const ofAddress = byAddress.get(address);
      if (ofAddress !== undefined && ofAddress.size >= limits.strangersPerAddress)
        closing.push(...dropOldest(ofAddress));
      if (strangers.size >= limits.strangers || isFull()) closing.push(...dropOldest(mostCrowded()));
      if (isFull()) return [...closing, connection];
      strangers.set(connection, { address, since: now });
      add(byAddress, address, connection);
      return closing;
    },

    /** A request on this connection has proven this client. @returns which to close, the client's oldest first */
    recognise(connection: Connection, client: string): readonly Connection[] {
      if (!strangers.has(connection)) return [];
      forgetStranger(connection);
      known.set(connection, client);
      const own = add(byClient, client, connection);
      if (own.size <= limits.connectionsPerClient) return [];
      const [oldest] = own;
      if (oldest === undefined) return [];
      close(oldest);
      return [oldest];
    },

    /** All connections of this client. */
    of: (client: string): readonly Connection[] => [...(byClient.get(client) ?? [])],

    isKnown: (connection: Connection) => known.has(connection),

    close,

    /** Removes the strangers whose time is over. @returns them, to be closed */
    overdue(now: number): readonly Connection[] {
      const closing = [...strangers].flatMap(([connection, { since }]) =>
        now - since < limits.strangerSeconds * 1000 ? [] : [connection],
      );
      for (const connection of closing) forgetStranger(connection);
      return closing;
    },
  };
}

function add<Value>(sets: Map<string, Set<Value>>, key: string, value: Value): ReadonlySet<Value> {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set);
  return set.add(value);
}

function remove<Value>(sets: Map<string, Set<Value>>, key: string, value: Value): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
