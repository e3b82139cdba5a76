import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** The key that machines trust once its public half is in their /etc/apk/keys. */
export interface SigningKey {
  /** Of the public half there. The packages name it. */
  readonly name: string;
  readonly privateKey: KeyObject;
  /** PEM (SPKI). */
  readonly publicPem: string;
  /** Where the private half is. */
  readonly file: string;
  readonly made: boolean;
}

/**
 * The key in the file that PICKET_APK_KEY names, else the one in the user's configuration, which is made where it is missing.
 *
 * @throws if the file cannot be read, or holds no RSA key of 2048 bits or more, which is what apk verifies with
 */
export async function signingKey(env: NodeJS.ProcessEnv): Promise<SigningKey> {
  const given = env.PICKET_APK_KEY ?? '';
  const configuration = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  const file = given === '' ? join(configuration, 'picket/apk-signing-key.pem') : given;
  const found = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && given === '') return null;
    throw new Error(`${file}, which is to sign the Alpine packages, cannot be read: ${error.message}`);
  });
  const pem = found ?? (await madeKey(file));
  const privateKey = rsaKey(pem, file);
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const hash = createHash('sha256').update(publicPem).digest('hex').slice(0, 8);
  return { name: `picket-${hash}.rsa.pub`, privateKey, publicPem, file, made: found === null };
}

async function madeKey(file: string): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 4096 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Not over one that another build has made meanwhile.
  await writeFile(file, pem, { mode: 0o600, flag: 'wx' });
  return pem;
}

function rsaKey(pem: string, file: string): KeyObject {
  const key = parsed(pem);
  if (key?.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return key;
  throw new Error(
    `${file} holds no RSA key of 2048 bits or more. Make one: openssl genrsa -out ${file} 4096; or leave PICKET_APK_KEY unset.`,
  );
}

function parsed(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}
