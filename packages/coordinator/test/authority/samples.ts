import type { KeyObject } from 'node:crypto';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import type { Test } from 'tap';
import { type Authorities, openAuthorities } from '../../src/authority/authorities.ts';
import { Custody, createControlAuthority } from '../../src/authority/custody.ts';
import type { IssueRequest } from '../../src/authority/issuer.ts';
import { ensurePassphrase } from '../../src/authority/passphrase.ts';
import { type IdentityDirectory, openIdentityDirectory } from '../../src/identity/principals.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { createCluster, day, openSample, start } from '../inventory/samples.ts';
import { deriveQuickly } from '../support/derive-quickly.ts';

/** A coordinator's data directory with its parts opened; `restart` closes and opens them again. */
export interface House {
  readonly directory: string;
  readonly clock: { now: number };
  inventory: Inventory;
  identities: IdentityDirectory;
  authorities: Authorities;
  custody: Custody;
  restart(): Promise<void>;
}

/** With the cluster `prod` and its authorities. */
export async function openHouse(t: Test): Promise<House> {
  const directory = t.testdir();
  const clock = { now: start };
  const database = join(directory, 'picket.db');
  const passphrase = await ensurePassphrase(join(directory, 'passphrase'), randomBytes);
  const custody = new Custody(join(directory, 'authority'), passphrase, deriveQuickly);
  await createControlAuthority(custody, { name: 'test', keyType: 'p256', now: clock.now });

  async function open() {
    const inventory = await openSample(database);
    const identities = await openIdentityDirectory(inventory, clock.now);
    const authorities = await openAuthorities({
      custody,
      inventory,
      witness: identities,
      now: () => clock.now,
      failpoint: () => undefined,
    });
    return { inventory, identities, authorities };
  }

  const house: House = {
    directory,
    clock,
    custody,
    ...(await open()),
    async restart() {
      await house.authorities.close();
      await house.inventory.close();
      Object.assign(house, await open());
    },
  };
  t.teardown(async () => {
    await house.authorities.close();
    await house.inventory.close();
  });
  await house.authorities.createCluster({ id: 'prod00000000', name: 'prod', keyType: 'p256' });
  await createCluster(house.inventory);
  return house;
}

/** What is needed to issue a node's server certificate. */
export async function serverRequest(overrides: Partial<IssueRequest> = {}): Promise<IssueRequest> {
  return {
    purpose: 'server',
    cluster: { id: 'prod00000000', name: 'prod' },
    principal: 'urn:picket:node:node0001',
    commonName: 'pi-1',
    sans: [{ type: 'ip', value: '192.168.7.11' }],
    publicKey: await newPublicKey(),
    lifetimeMs: 365 * day,
    ...overrides,
  };
}

export async function newPublicKey(): Promise<KeyObject> {
  return publicKeyOf(await generateKey('p256'));
}
