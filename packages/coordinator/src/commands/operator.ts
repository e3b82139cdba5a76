import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { commandEntry } from '../audit/entries.ts';
import { type AcceptedClock, openAuthorities } from '../authority/authorities.ts';
import { Custody } from '../authority/custody.ts';
import type { Issued } from '../authority/issuer.ts';
import { readPassphrase } from '../authority/passphrase.ts';
import type { Config } from '../config/config.ts';
import { placesIn, requireInitialised } from '../files/data-dir.ts';
import { operatorRequest } from '../identity/issue-identity.ts';
import { openIdentityDirectory } from '../identity/principals.ts';
import { operatorUri } from '../identity/uris.ts';
import type { Inventory, Repositories } from '../inventory/inventory.ts';
import { openInventory } from '../inventory/open-inventory.ts';
import { newId } from '../random-names.ts';
import {
  type OperatorContext,
  requireOperatorName,
  requireOwnContext,
  writeOperatorContext,
} from './operator-context.ts';

export interface OperatorOptions extends OperatorContext {
  /** null keeps the role of an existing operator; a new one needs a role. */
  readonly role: Role | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** See `Authorities.acceptClock`. */
  readonly acceptClock?: boolean;
}

export interface Granted {
  readonly role: Role;
  /** The end of the new certificate. */
  readonly notAfter: number;
  /** The ends of the operator's other certificates that are still valid. */
  readonly stillValid: readonly number[];
  readonly acceptedClock: AcceptedClock | null;
}

/**
 * Gives an operator a certificate in a context file, and makes the operator if no operator has this name. For a user
 * who may read the authority keys, while the coordinator is stopped; also replaces a lost or expired context. Throws
 * `name_invalid`, `not_initialised`, `inventory_locked`, `usage_invalid` for a new operator without a role,
 * `context_exists`, `clock_behind` and what its parts throw.
 */
export async function grantOperator(options: OperatorOptions): Promise<Granted> {
  const { config, operator, now } = options;
  requireOperatorName(operator);
  return withInventory(config, async (inventory) => {
    if (options.role === null && (await inventory.operators.find(operator)) === null) throw roleMissing(operator);
    const custody = new Custody(placesIn(config.dataDir).authority, await readPassphrase(config.passphraseFile));
    const witness = await openIdentityDirectory(inventory, now());
    const authorities = await openAuthorities({ custody, inventory, witness, now, failpoint: () => undefined });
    try {
      const control = authorities.control.certificate.pem;
      await requireOwnContext(options, control);
      const acceptedClock = options.acceptClock === true ? await authorities.acceptClock() : null;
      const key = await generateKey('p256');
      const { role, issued } = await inventory.transaction(async (repositories) => {
        const issued = await authorities.issueWithin(
          repositories.certificates,
          operatorRequest(operator, { publicKey: publicKeyOf(key) }),
        );
        return { role: await keepOperator(repositories, options, issued), issued };
      });
      const { certificate } = issued;
      await writeOperatorContext(options, control, issued, key);
      const valid = await validCertificates(inventory, operator, now());
      const stillValid = valid.filter(({ serial }) => serial !== certificate.serial).map(({ notAfter }) => notAfter);
      return { role, notAfter: certificate.notAfter.getTime(), stillValid, acceptedClock };
    } finally {
      await authorities.close();
    }
  });
}

export interface ListedOperator {
  readonly name: string;
  readonly role: Role;
  /** The end of the certificate that is valid longest; null if there is none. */
  readonly validUntil: number | null;
}

/** All operators by name, while the coordinator is stopped. Throws as {@link grantOperator} does. */
export async function listOperators(config: Config, now: number): Promise<readonly ListedOperator[]> {
  return withInventory(config, async (inventory) => {
    const listed: ListedOperator[] = [];
    for (const { name, role } of await inventory.operators.all()) {
      const ends = (await validCertificates(inventory, name, now)).map(({ notAfter }) => notAfter);
      listed.push({ name, role, validUntil: ends.length === 0 ? null : Math.max(...ends) });
    }
    return listed;
  });
}

async function withInventory<Result>(config: Config, work: (inventory: Inventory) => Promise<Result>): Promise<Result> {
  const { dataDir } = config;
  requireInitialised(dataDir);
  const inventory = await openInventory(placesIn(dataDir).database, { newId });
  try {
    if ((await inventory.operators.all()).length === 0) throw failure('not_initialised', { dataDir });
    return await work(inventory);
  } finally {
    await inventory.close();
  }
}

/** Writes the operator with its role, the event, and the entry of the audit log. */
async function keepOperator(
  { operators, events, audit }: Repositories,
  { operator, role, now: clock }: OperatorOptions,
  { certificate: { serial, notAfter } }: Issued,
): Promise<Role> {
  const at = clock();
  const before = await operators.find(operator);
  const kept = role ?? before?.role;
  if (kept === undefined) throw roleMissing(operator);
  if (before === null) await operators.create({ name: operator, role: kept, createdAt: at });
  else if (before.role !== kept) await operators.keepRole(operator, kept);
  const made = { name: operator, role: kept, serial, until: notAfter.toISOString() };
  const event =
    before === null
      ? happening('operator-made', made)
      : happening('operator-renewed', { ...made, before: before.role });
  await events.append({ at, cluster: null, ...event });
  const now = { role: kept, serial, until: made.until };
  const change = { before: before && { role: before.role }, after: now };
  await audit.append(commandEntry(at, 'operator', { object: `operator ${operator}`, ...change }));
  return kept;
}

async function validCertificates(inventory: Inventory, operator: string, now: number) {
  const uri = operatorUri(operator);
  return (await inventory.certificates.identities()).filter(
    (record) => record.principal === uri && record.revokedAt === null && record.notAfter > now,
  );
}

function roleMissing(operator: string) {
  const problem = `the operator ${operator} does not exist yet: a new operator needs --role`;
  return failure('usage_invalid', { problem, command: 'picket-coordinator operator' });
}
