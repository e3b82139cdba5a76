/** A hello and a certificate take 3 KiB, with a key exchange that withstands quantum computers. */
const mostOfHandshake = 8 * 1024;
/** Beside that, until the head of a request is read, which has 1 KiB where no attacker writes it. */
const mostBeforeRequest = 4 * 1024;
const mostOfHead = 16 * 1024;
/** No route takes more than 512 KiB. In small pieces (`Transfer-Encoding: chunked`), that takes more octets of TCP. */
const mostOfBody = 2 * 1024 * 1024;

/** What the head of a request says of its body. */
interface Announced {
  readonly 'content-length'?: string | undefined;
  readonly 'transfer-encoding'?: string | undefined;
}

/**
 * How much a client may send by what it has asked for (R18). TLS and HTTP have parts that cost the receiver time or memory and reach no
 * hook: chains of certificates, changes of keys, empty lines. Pure bookkeeping: the caller closes what has sent more.
 */
export function explainedOctets<Connection extends object>() {
  /** Octets of TCP that the requests explain. */
  const ofRequests = new WeakMap<Connection, number>();
  const explainedBy = (connection: Connection) => ofRequests.get(connection) ?? 0;
  return {
    /** The head of a request is read. */
    requested(connection: Connection, announced: Announced): void {
      ofRequests.set(connection, explainedBy(connection) + mostOfHead + bodyOf(announced));
    },

    /** Whether so many octets are more than that. Ask only between turns of the event loop: a request may come with the handshake. */
    isExceeded: (connection: Connection, octets: number) =>
      octets > mostOfHandshake + mostBeforeRequest + explainedBy(connection),
  };
}

/** With what TLS adds to it. */
function bodyOf(announced: Announced): number {
  if (announced['transfer-encoding'] !== undefined) return mostOfBody;
  return Math.min(Number(announced['content-length'] ?? 0) * 1.1, mostOfBody);
}
