import { readFile } from 'node:fs/promises';
import { readStrictYaml } from '@picket/shared/config/strict-yaml.ts';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import { foreignAuthoritiesProblem } from '@picket/shared/pki/foreign-authorities.ts';
import * as Type from 'typebox';
import type { SnapshotStoreConfig } from '../config/config.ts';
import { readPrivateFile } from '../files/private-file.ts';
import { ageCipher } from './age-cipher.ts';

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
  /** For encryption before the snapshots leave; undefined without. */
  readonly ageIdentities: readonly [string, ...string[]] | undefined;
}

/**
 * Reads the files that `snapshotStore`, or a bucket for backups, names. Throws `snapshot_store_unusable`, or what `refuse` makes of
 * the problem, which never repeats their content (R11).
 */
export async function readStoreCredentials(
  config: SnapshotStoreConfig,
  refuse: Refuse = (problem) => failure('snapshot_store_unusable', { problem }),
): Promise<StoreCredentials> {
  const { credentialsFile, caFile, ageIdentityFile } = config;
  const text = await readSecret('credentialsFile', credentialsFile, 'replace the key', refuse);
  const ca = caFile === undefined ? undefined : await readAuthorities(caFile, refuse);
  const ageIdentities = ageIdentityFile === undefined ? undefined : await readIdentities(ageIdentityFile, refuse);
  return { ...parsed(text, credentialsFile, refuse), ca, ageIdentities };
}

type Refuse = (problem: string) => PicketError;

function readSecret(setting: string, file: string, remedy: string, refuse: Refuse): Promise<string> {
  return readPrivateFile(file, {
    missing: (problem) => refuse(`its ${setting} ${file} cannot be read: ${problem}`),
    exposed: (mode) =>
      refuse(`its ${setting} ${file} can be read by others (mode ${mode}); run chmod 600 on it, and ${remedy}`),
  });
}

function parsed(text: string, file: string, refuse: Refuse) {
  try {
    return readStrictYaml(text, Credentials, file);
  } catch {
    // The wrong part might be a key in the wrong place.
    throw refuse(`its credentialsFile ${file} must hold only accessKeyId: … and secretAccessKey: …`);
  }
}

/** An identity a line, and comments, as `age-keygen -o FILE` writes it; null if there is none. */
export function identitiesIn(text: string): readonly [string, ...string[]] | null {
  const lines = text.split('\n').map((line) => line.trim());
  const [first, ...others] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return first === undefined ? null : [first, ...others];
}

async function readIdentities(file: string, refuse: Refuse): Promise<readonly [string, ...string[]]> {
  const text = await readSecret('ageIdentityFile', file, 'make another key', refuse);
  const wrong = () =>
    refuse(`its ageIdentityFile ${file} must hold age identities, as \`age-keygen -o ${file}\` writes them`);
  const identities = identitiesIn(text);
  if (identities === null) throw wrong();
  await ageCipher(identities).catch(() => {
    // Its error could repeat a part of the key.
    throw wrong();
  });
  return identities;
}

async function readAuthorities(file: string, refuse: Refuse): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refuse(`its caFile ${file} cannot be read (${error.code ?? error.message})`);
  });
  const problem = foreignAuthoritiesProblem(text);
  if (problem !== null) throw refuse(`its caFile ${file} ${problem}`);
  return text;
}
