import { ReadableStream } from 'node:stream/web';

/** It was encrypted for none of the identities. */
export class NoIdentityFits extends Error {
  override readonly name = 'NoIdentityFits';
}

/** It was changed, cut off, or was never encrypted by `age`. */
export class NotWhole extends Error {
  override readonly name = 'NotWhole';
}

// Loaded only if a key is configured, to save memory.
const loaded = () => import('age-encryption');

/** A new identity, and its recipient. Whoever has the identity decrypts what is encrypted for the recipient. */
export async function newAgeKey(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const age = await loaded();
  const identity = await age.generateX25519Identity();
  return { identity, recipient: await age.identityToRecipient(identity) };
}

/**
 * Encrypts as `age` does: a file of it can be read without Picket (https://age-encryption.org/v1).
 *
 * @param recipients `age1…`; the holder of the identity of any of them decrypts. Throws if one is none.
 */
export async function ageEncrypter(recipients: readonly string[]) {
  const age = await loaded();
  const encrypter = new age.Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  /** `sizeOf` says how many bytes become of how many. */
  return async (content: AsyncIterable<Uint8Array>) => {
    const encrypted = await encrypter.encrypt(webStream(content).stream);
    return { content: encrypted, sizeOf: (bytes: number) => encrypted.size(bytes) };
  };
}

/**
 * Encrypts for the first of these identities, and decrypts with any.
 *
 * @param identities `AGE-SECRET-KEY-1…`, at least one. Throws if one is none; the error does not repeat it (R11).
 */
export async function ageCipher([first, ...others]: readonly [string, ...string[]]) {
  const age = await loaded();
  const encrypt = await ageEncrypter([await age.identityToRecipient(first)]);
  const decrypter = new age.Decrypter();
  for (const identity of [first, ...others]) decrypter.addIdentity(identity);

  return {
    encrypt,
    /**
     * The content for any of the identities, in pieces of 64 KiB, each of them proven. Throws `NoIdentityFits`, `NotWhole`,
     * and what reading throws.
     */
    async *decrypt(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      const { stream, failure } = webStream(content);
      try {
        for await (const chunk of await decrypter.decrypt(stream)) yield chunk;
      } catch (error) {
        const broken = failure();
        if (broken !== undefined) throw broken.error;
        if (error instanceof Error && error.message.startsWith('no identity matched')) throw new NoIdentityFits();
        throw new NotWhole();
      }
    },
  };
}

/** Also says how reading has failed: `age` does not tell that from a damaged file. */
function webStream(content: AsyncIterable<Uint8Array>) {
  let failed: { readonly error: unknown } | undefined;
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      yield* content;
    } catch (error) {
      failed = { error };
      throw error;
    }
  }
  const stream = ReadableStream.from(read()) as globalThis.ReadableStream<Uint8Array>;
  return { stream, failure: () => failed };
}
