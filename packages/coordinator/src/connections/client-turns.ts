export interface TurnLimits {
  /** Requests of one node or one operator that are worked on at the same time. */
  readonly requestsAtOncePerClient: number;
}

/** Ends a turn; only the first call does. */
type EndTurn = () => void;

interface Client {
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * Lets each client have so many requests worked on at the same time; its further ones wait in their order (R18). So all other
 * clients get their turn after a few requests of each, however many connections one of them has. How many can wait is bounded
 * by the connections of a client, each of which has one request at a time.
 */
export function clientTurns({ requestsAtOncePerClient }: TurnLimits) {
  const clients = new Map<string, Client>();

  function ending(name: string, client: Client): EndTurn {
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const next = client.waiting.shift();
      // It takes over the place of this one.
      if (next !== undefined) next();
      else client.running -= 1;
      if (client.running === 0) clients.delete(name);
    };
  }

  return {
    /** Waits for a turn of this client. */
    async take(name: string): Promise<EndTurn> {
      const client = clients.get(name) ?? { running: 0, waiting: [] };
      clients.set(name, client);
      if (client.running < requestsAtOncePerClient) client.running += 1;
      else await new Promise<void>((resolve) => client.waiting.push(resolve));
      return ending(name, client);
    },
  };
}

export type ClientTurns = ReturnType<typeof clientTurns>;
