import { type CoordinatorClientOptions, callsBy, coordinatorClient, type Send } from './client.ts';

/** The connection to the coordinator for as long as the agent runs, also across changes of its identity. */
export type CoordinatorLink = ReturnType<typeof coordinatorLink>;

/**
 * A client whose identity and trust can change. undici reads both only once, so each change needs a new client. The old
 * client is closed before the new one sends anything: two keys of one node at the same time are the sign of a copied
 * node (R15).
 */
export function coordinatorLink(options: CoordinatorClientOptions & { readonly credential: string }) {
  let { credential, trust } = options;
  let client = coordinatorClient(options);
  let ready: Promise<void> = Promise.resolve();

  const send: Send = async (...request) => {
    for (;;) {
      await ready;
      const asked = client;
      try {
        return await asked.send(...request);
      } catch (error) {
        if (asked === client) throw error;
      }
    }
  };

  return {
    ...callsBy(send, options),
    /** PEM bundle of the authorities that are trusted now. */
    trust: () => trust,
    /** Certificate and key that are in use now. */
    credential: () => credential,
    /** Uses this certificate and this bundle from now on. Calls under way are repeated. */
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
