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
export class ConnectionBook<Connection> {
  readonly #limits: ConnectionLimits;
  /** In order of arrival. */
  readonly #strangers = new Map<Connection, Place>();
  readonly #byAddress = new Map<string, Set<Connection>>();
  readonly #known = new Map<Connection, string>();
  readonly #byClient = new Map<string, Set<Connection>>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get strangers(): number {
    return this.#strangers.size;
  }

  get known(): number {
    return this.#known.size;
  }

  /** A new connection. @returns which to close for it: itself if known clients hold every place */
  open(connection: Connection, address: string, now: number): readonly Connection[] {
    const { connections, strangers, strangersPerAddress } = this.#limits;
    const closing: Connection[] = [];
    const ofAddress = this.#byAddress.get(address);
    if (ofAddress !== undefined && ofAddress.size >= strangersPerAddress) closing.push(...this.#dropOldest(ofAddress));
    if (this.#strangers.size >= strangers || this.#strangers.size + this.#known.size >= connections) {
      closing.push(...this.#dropOldest(this.#mostCrowded()));
    }
    if (this.#strangers.size + this.#known.size >= connections) return [...closing, connection];
    this.#strangers.set(connection, { address, since: now });
    add(this.#byAddress, address, connection);
    return closing;
  }

  /** A request on this connection has proven this client. @returns which to close, the client's oldest first */
  recognise(connection: Connection, client: string): readonly Connection[] {
    if (!this.#strangers.has(connection)) return [];
    this.#forgetStranger(connection);
    this.#known.set(connection, client);
    const own = add(this.#byClient, client, connection);
    if (own.size <= this.#limits.connectionsPerClient) return [];
    const [oldest] = own;
    if (oldest === undefined) return [];
    this.close(oldest);
    return [oldest];
  }

  /** All connections of this client. */
  of(client: string): readonly Connection[] {
    return [...(this.#byClient.get(client) ?? [])];
  }

  isKnown(connection: Connection): boolean {
    return this.#known.has(connection);
  }

  /** The connection has closed. */
  close(connection: Connection): void {
    this.#forgetStranger(connection);
    const client = this.#known.get(connection);
    if (client === undefined) return;
    this.#known.delete(connection);
    remove(this.#byClient, client, connection);
  }

  /** Removes the strangers whose time is over. @returns them, to be closed */
  overdue(now: number): readonly Connection[] {
    const closing: Connection[] = [];
    for (const [connection, { since }] of this.#strangers) {
      if (now - since < this.#limits.strangerSeconds * 1000) break;
      closing.push(connection);
    }
    for (const connection of closing) this.#forgetStranger(connection);
    return closing;
  }

  #dropOldest(among: Iterable<Connection>): readonly Connection[] {
    for (const oldest of among) {
      this.#forgetStranger(oldest);
      return [oldest];
    }
    return [];
  }

  /** The strangers of the address that has most of them. */
  #mostCrowded(): Iterable<Connection> {
    let most: ReadonlySet<Connection> = new Set();
    for (const connections of this.#byAddress.values()) if (connections.size > most.size) most = connections;
    return most;
  }

  #forgetStranger(connection: Connection): void {
    const place = this.#strangers.get(connection);
    if (place === undefined) return;
    this.#strangers.delete(connection);
    remove(this.#byAddress, place.address, connection);
  }
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
