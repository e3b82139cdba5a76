import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isIP } from 'node:net';
import { exportPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import type { San } from '@picket/shared/pki/san.ts';
import type { FastifyBaseLogger } from 'fastify';
import { buildApp } from './app.ts';
import type { App } from './api/typed.ts';
import { Authorities } from './authority/authorities.ts';
import { Custody } from './authority/custody.ts';
import { readPassphrase } from './authority/passphrase.ts';
import { ensureServerCredential } from './authority/server-credential.ts';
import type { Config } from './config.ts';
import type { Instant } from './controller/model.ts';
import { type Executor, openExecutor } from './executor/executor.ts';
import { publicationBoard } from './executor/publication-board.ts';
import { statusBoard } from './executor/status-board.ts';
import type { Failpoint } from './failpoints.ts';
import { IdentityDirectory } from './identity/principals.ts';
import type { Inventory } from './inventory/inventory.ts';
import { openInventory } from './inventory/open-inventory.ts';
import { freshNames, newId } from './random-names.ts';

export interface CoordinatorDeps {
  readonly config: Config;
  readonly now: () => Instant;
  readonly failpoint: Failpoint;
  readonly log: FastifyBaseLogger;
}

/** A coordinator that is ready to listen. */
export interface Coordinator {
  readonly app: App;
  readonly inventory: Inventory;
  readonly executor: Executor;
  /** Takes the steps that time alone makes due in every cluster, and keeps the latest reports. */
  tick(): Promise<void>;
  /** Ends long polls, keeps what reports there are, and lets the store go. */
  close(): Promise<void>;
}

/** Where in the data dir things are. */
export function placesIn(dataDir: string): { readonly database: string; readonly authority: string; readonly server: string } {
  return {
    database: join(dataDir, 'inventory.sqlite'),
    authority: join(dataDir, 'authority'),
    server: join(dataDir, 'server.pem'),
  };
}

/** The names of the coordinator as its certificate has them. */
export function sansOf(hosts: readonly string[]): San[] {
  return hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
}

/**
 * Opens the store and the authorities that `init` made and builds the application on them; listens nowhere.
 * Throws `passphrase_missing`, `authority_missing`, `inventory_locked` and the others of their kind.
 */
export async function openCoordinator({ config, now, failpoint, log }: CoordinatorDeps): Promise<Coordinator> {
  const places = placesIn(config.dataDir);
  const passphrase = await readPassphrase(config.passphraseFile);
  const inventory = await openInventory(places.database, { newId });
  try {
    const directory = await IdentityDirectory.open(inventory, now());
    const custody = new Custody(places.authority, passphrase);
    const authorities = await Authorities.open({ custody, inventory, witness: directory, now, failpoint });
    const server = await ensureServerCredential(
      { authorities, inventoryId: inventory.id, now },
      { path: places.server, commonName: config.hosts[0] ?? 'picket', sans: sansOf(config.hosts) },
    );
    const control = authorities.control.certificate.pem;
    const publications = publicationBoard(await inventory.publications.all());
    const statuses = statusBoard(await inventory.reports.all());
    const executor = await openExecutor({
      inventory,
      publications,
      statuses,
      trust: (clusterId) => {
        const { client, peer } = authorities.cluster(clusterId);
        return { control, client: client.certificate.pem, peer: peer.certificate.pem };
      },
      freshNames,
      now,
      failpoint,
    });
    const app = await buildApp({
      inventory,
      authorities,
      directory,
      executor,
      publications,
      statuses,
      now,
      newId,
      randomBytes,
      failpoint,
      reportSeconds: config.reportSeconds,
      tls: { certificate: server.certificate.pem, key: exportPrivateKeyPem(server.key), clientAuthorities: control },
      log,
    });
    const keepReports = async (): Promise<void> => {
      const unkept = statuses.takeUnkept();
      if (unkept.length > 0) await inventory.reports.keep(unkept);
    };
    return {
      app,
      inventory,
      executor,
      async tick() {
        for (const cluster of executor.clusters()) await executor.advance(cluster);
        await keepReports();
      },
      async close() {
        await app.close();
        await keepReports();
        await authorities.close();
        await inventory.close();
      },
    };
  } catch (error) {
    await inventory.close();
    throw error;
  }
}
