import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import { commandEntry } from '../audit/entries.ts';
import { openAuthorities } from '../authority/authorities.ts';
import { Custody, createControlAuthority } from '../authority/custody.ts';
import { ensurePassphrase } from '../authority/passphrase.ts';
import { ensureServerCredential } from '../authority/server-credential.ts';
import type { Config } from '../config/config.ts';
import { serverNames } from '../config/config.ts';
import { placesIn } from '../files/data-dir.ts';
import { operatorRequest } from '../identity/issue-identity.ts';
import { openIdentityDirectory } from '../identity/principals.ts';
import { openInventory } from '../inventory/open-inventory.ts';
import { newId } from '../random-names.ts';
import {
  type OperatorContext,
  requireOperatorName,
  requireOwnContext,
  writeOperatorContext,
} from './operator-context.ts';

export interface InitOptions extends OperatorContext {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Makes what a coordinator needs: passphrase, control CA, store, server certificate, and the first admin's context.
 * The operator gets the role admin. After a crash, running it again continues. After it has finished, it throws `already_initialised` and changes
 * nothing. Throws `name_invalid`, `context_exists` and what its parts throw.
 */
export async function init(options: InitOptions): Promise<{ readonly pin: string }> {
  const { config, operator, now } = options;
  requireOperatorName(operator);
  const places = placesIn(config.dataDir);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const inventory = await openInventory(places.database, { newId });
  try {
    // The first operator is written last: without one, an earlier init did not finish.
    if ((await inventory.operators.all()).length > 0) throw failure('already_initialised', { dataDir: config.dataDir });
    const custody = new Custody(places.authority, await ensurePassphrase(config.passphraseFile, randomBytes));
    await ensureControlAuthority(custody, config, now());
    const directory = await openIdentityDirectory(inventory, now());
    const deps = { custody, inventory, witness: directory, now, failpoint: () => undefined };
    const authorities = await openAuthorities(deps);
    try {
      const control = authorities.control.certificate;
      await requireOwnContext(options, control.pem);
      await ensureServerCredential(
        { authorities, inventoryId: inventory.id, now },
        { path: places.server, ...serverNames(config) },
      );
      const key = await generateKey('p256');
      const issued = await authorities.issue(operatorRequest(operator, { publicKey: publicKeyOf(key) }));
      await writeOperatorContext(options, control.pem, issued, key);
      const { certificate } = issued;
      await inventory.transaction(async ({ operators, audit }) => {
        await operators.create({ name: operator, role: 'admin', createdAt: now() });
        const after = { role: 'admin', serial: certificate.serial, until: certificate.notAfter.toISOString() };
        await audit.append(commandEntry(now(), 'init', { object: `operator ${operator}`, before: null, after }));
      });
      return { pin: control.spkiHash };
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
