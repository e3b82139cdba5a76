import { type CoordinatorClient, type CoordinatorClientOptions, coordinatorClient } from './client.ts';

/** What an agent asks of its coordinator for as long as it runs, whatever becomes of its identity meanwhile. */
export type CoordinatorLink = ReturnType<typeof coordinatorLink>;

/**
 * A client that can change its identity and its trust: undici reads both once, so that a new one takes its place. The
 * former is closed before anything is asked by the new: two keys of one node at once are the sign of a copy (R15).
 */
export function coordinatorLink(options: CoordinatorClientOptions & { readonly credential: string }) {
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
    desiredState: (...of: Parameters<CoordinatorClient['desiredState']>) => ask((on) => on.desiredState(...of)),
    certificate: (...of: Parameters<CoordinatorClient['certificate']>) => ask((on) => on.certificate(...of)),
    report: (...of: Parameters<CoordinatorClient['report']>) => ask((on) => on.report(...of)),
    recover: (...of: Parameters<CoordinatorClient['recover']>) => ask((on) => on.recover(...of)),
    snapshotPart: (...of: Parameters<CoordinatorClient['snapshotPart']>) => ask((on) => on.snapshotPart(...of)),
    snapshotEnd: (...of: Parameters<CoordinatorClient['snapshotEnd']>) => ask((on) => on.snapshotEnd(...of)),
    readSnapshot: (...of: Parameters<CoordinatorClient['readSnapshot']>) => ask((on) => on.readSnapshot(...of)),
    readRelease: (...of: Parameters<CoordinatorClient['readRelease']>) => ask((on) => on.readRelease(...of)),
    /** PEM bundle of the authorities that are trusted now. */
    trust: () => trust,
    /** Certificate and key that are shown now. */
    credential: () => credential,
    /** From now on these are shown and trusted. What is under way is asked anew. */
    async replace(change: { readonly credential?: string; readonly trust?: string }) {
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
