import { readFile } from 'node:fs/promises';
import { readStrictYaml } from '@picket/shared/config/strict-yaml.ts';
import { failure } from '@picket/shared/errors.ts';
import { Type } from 'typebox';
import type { SnapshotStoreConfig } from '../config/config.ts';
import { readPrivateFile } from '../files/private-file.ts';

const Credentials = Type.Object(
  {
    accessKeyId: Type.String({ minLength: 1, maxLength: 256 }),
    secretAccessKey: Type.String({ minLength: 1, maxLength: 1024 }),
  },
  { additionalProperties: false },
);

export interface StoreCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** PEM of the authorities to trust; undefined for those that Node.js trusts. */
  readonly ca: string | undefined;
}

/**
 * Reads the files that `snapshotStore` names. Throws `snapshot_store_unusable`, which never repeats their content
 * (R11).
 */
export async function readStoreCredentials(config: SnapshotStoreConfig): Promise<StoreCredentials> {
  const { credentialsFile, caFile } = config;
  const refuse = (problem: string) => failure('snapshot_store_unusable', { problem });
  const text = await readPrivateFile(credentialsFile, {
    missing: (problem) => refuse(`its credentialsFile ${credentialsFile} cannot be read: ${problem}`),
    exposed: (mode) =>
      refuse(
        `its credentialsFile ${credentialsFile} can be read by others (mode ${mode}); run chmod 600 on it, and replace the key`,
      ),
  });
  const ca = caFile === undefined ? undefined : await readAuthorities(caFile, refuse);
  return { ...parsed(text, credentialsFile, refuse), ca };
}

function parsed(text: string, file: string, refuse: (problem: string) => Error) {
  try {
    return readStrictYaml(text, Credentials, file);
  } catch {
    // The wrong part might be a key in the wrong place.
    throw refuse(`its credentialsFile ${file} must hold only accessKeyId: … and secretAccessKey: …`);
  }
}

async function readAuthorities(file: string, refuse: (problem: string) => Error): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refuse(`its caFile ${file} cannot be read (${error.code ?? error.message})`);
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw refuse(`its caFile ${file} holds no certificate in PEM`);
  return text;
}
