import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { contextFileMode, readContext, writeContext } from '@picket/shared/context/context.ts';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { writeCredential } from '@picket/shared/pki/credential.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import { Authorities } from '../authority/authorities.ts';
import { Custody, createControlAuthority } from '../authority/custody.ts';
import { lifetimes } from '../authority/lifetimes.ts';
import { ensurePassphrase } from '../authority/passphrase.ts';
import { ensureServerCredential } from '../authority/server-credential.ts';
import { writeWholeFile } from '../authority/whole-file.ts';
import type { Config } from '../config.ts';
import { IdentityDirectory } from '../identity/principals.ts';
import { operatorUri } from '../identity/uris.ts';
import { openInventory } from '../inventory/open-inventory.ts';
import { placesIn, sansOf } from '../open-coordinator.ts';
import { newId } from '../random-names.ts';

export interface InitOptions {
  readonly config: Config;
  /** The first operator, who gets the role admin. */
  readonly operator: string;
  /** Where that operator's context goes; it holds a private key. */
  readonly contextFile: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Makes what a coordinator stands on: passphrase, control CA, store, server certificate, and the first admin's
 * context. Run again after a crash it goes on where it stopped; on a finished one it throws
 * `already_initialised` and touches nothing. Throws `name_invalid`, `context_exists` and what its parts throw.
 */
export async function init(options: InitOptions): Promise<{ readonly pin: string }> {
  const { config, operator, now } = options;
  requireOperatorName(operator);
  const places = placesIn(config.dataDir);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const inventory = await openInventory(places.database, { newId });
  try {
    // The first operator is written last of all: while there is none, an earlier init did not finish.
    if ((await inventory.operators.all()).length > 0) throw failure('already_initialised', { dataDir: config.dataDir });
    const custody = new Custody(places.authority, await ensurePassphrase(config.passphraseFile, randomBytes));
    await ensureControlAuthority(custody, config, now());
    const directory = await IdentityDirectory.open(inventory, now());
    const deps = { custody, inventory, witness: directory, now, failpoint: () => undefined };
    const authorities = await Authorities.open(deps);
    try {
      await requireOwnContext(options.contextFile, authorities.control.certificate.pem);
      await ensureServerCredential(
        { authorities, inventoryId: inventory.id, now },
        { path: places.server, commonName: config.hosts[0] ?? 'picket', sans: sansOf(config.hosts) },
      );
      await writeFirstContext(authorities, options);
      await directory.createOperator(operator, 'admin', now());
      return { pin: authorities.control.certificate.spkiHash };
    } finally {
      await authorities.close();
    }
  } finally {
    await inventory.close();
  }
}

async function ensureControlAuthority(custody: Custody, { hosts }: Config, now: number): Promise<void> {
  try {
    await createControlAuthority(custody, { name: hosts[0] ?? 'picket', keyType: 'p256', now });
  } catch (error) {
    if (!(error instanceof PicketError && error.code === 'authority_exists')) throw error;
  }
}

async function writeFirstContext(
  authorities: Authorities,
  { config, operator, contextFile }: InitOptions,
): Promise<void> {
  const key = await generateKey('p256');
  const { certificate } = await authorities.issue({
    purpose: 'operator',
    cluster: null,
    principal: operatorUri(operator),
    commonName: operator,
    sans: [{ type: 'uri', value: operatorUri(operator) }],
    publicKey: publicKeyOf(key),
    lifetimeMs: lifetimes.operator,
  });
  const content = writeContext({
    server: urlOf(config),
    operator,
    certificateAuthority: authorities.control.certificate.pem,
    credential: writeCredential({ certificate, chain: [], key }),
  });
  await mkdir(dirname(contextFile), { recursive: true, mode: 0o700 });
  await writeWholeFile({ path: contextFile, content, mode: contextFileMode });
}

/** Before anything is made. What a context file may hold, which reads it too. */
function requireOperatorName(name: string): void {
  if (/^[a-zA-Z0-9._@-]{1,64}$/.test(name)) return;
  const problem = 'it needs 1 to 64 letters, digits, dots, hyphens, underscores or @';
  throw failure('name_invalid', { kind: 'operator name', name, problem });
}

/** The context of another coordinator is not overwritten: it may be the only one of its kind. */
async function requireOwnContext(path: string, control: string): Promise<void> {
  const theirs = await readFile(path, 'utf8').then(
    (text) => authorityIn(text, path),
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? control : null),
  );
  if (theirs?.trim() !== control.trim()) throw failure('context_exists', { path });
}

function authorityIn(text: string, path: string): string | null {
  try {
    return readContext(text, path).certificateAuthority;
  } catch {
    return null;
  }
}

function urlOf({ hosts, port }: Config): string {
  const host = hosts[0] ?? 'localhost';
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
