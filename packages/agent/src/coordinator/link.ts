import { type CoordinatorClient, type CoordinatorClientOptions, coordinatorClient } from './client.ts';

/** What an agent asks of its coordinator for as long as it runs, whatever becomes of its identity meanwhile. */
export interface CoordinatorLink
  extends Pick<
    CoordinatorClient,
    | 'desiredState'
    | 'certificate'
    | 'report'
    | 'recover'
    | 'snapshotPart'
    | 'snapshotEnd'
    | 'readSnapshot'
    | 'readRelease'
    | 'close'
  > {
  /** PEM bundle of the authorities that are trusted now. */
  trust(): string;
  /** Certificate and key that are shown now. */
  credential(): string;
  /** From now on these are shown and trusted. What is under way is asked anew. */
  replace(change: { readonly credential?: string; readonly trust?: string }): Promise<void>;
}

/**
 * A client that can change its identity and its trust: undici reads both once, so that a new one takes its place. The
 * former is closed before anything is asked by the new: two keys of one node at once are the sign of a copy (R15).
 */
export function coordinatorLink(options: CoordinatorClientOptions & { readonly credential: string }): CoordinatorLink {
  let { credential, trust } = options;
  let client = coordinatorClient(options);
  let ready: Promise<void> = Promise.resolve();

  async function ask<Answer>(request: (client: CoordinatorClient) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      await ready;
      const asked = client;
      try {
        return await request(asked);
      } catch (error) {
        if (asked === client) throw error;
      }
    }
  }

  return {
    desiredState: (etag, waitSeconds, signal) => ask((on) => on.desiredState(etag, waitSeconds, signal)),
    certificate: (request) => ask((on) => on.certificate(request)),
    report: (request) => ask((on) => on.report(request)),
    recover: (request) => ask((on) => on.recover(request)),
    snapshotPart: (id, offset, octets) => ask((on) => on.snapshotPart(id, offset, octets)),
    snapshotEnd: (id, end) => ask((on) => on.snapshotEnd(id, end)),
    readSnapshot: (id, offset) => ask((on) => on.readSnapshot(id, offset)),
    readRelease: (sha256, offset) => ask((on) => on.readRelease(sha256, offset)),
    trust: () => trust,
    credential: () => credential,
    async replace(change) {
      credential = change.credential ?? credential;
      trust = change.trust ?? trust;
      const former = client;
      client = former.withCredential(credential, trust);
      const closed = former.close();
      ready = closed.catch(() => undefined);
      await closed;
    },
    close: () => client.close(),
  };
}
