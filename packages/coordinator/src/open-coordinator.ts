import { randomBytes } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import type { DeriveKey } from '@picket/shared/pki/key-cipher.ts';
import { exportPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import { architectureOf } from '@picket/shared/protocol/releases.ts';
import type { FastifyBaseLogger } from 'fastify';
import type { App } from './api/route.ts';
import { statusOf } from './api/status-of.ts';
import { buildApp, replaceServerCertificate, type ServerTls } from './app.ts';
import { refusalCounts } from './audit/refusal-counts.ts';
import { type AcceptedClock, type Authorities, openAuthorities } from './authority/authorities.ts';
import { Custody } from './authority/custody.ts';
import { readPassphrase } from './authority/passphrase.ts';
import { Seals } from './authority/seals.ts';
import { SecretBox } from './authority/secret-box.ts';
import { openServerCertificate } from './authority/server-credential.ts';
import { type Backups, openBackups } from './backup/open-backups.ts';
import { type Config, defaultConfigFile, serverNames, urlOf } from './config/config.ts';
import { type Executor, openExecutor } from './executor/executor.ts';
import { keepReports, keptReports } from './executor/keep-reports.ts';
import { publicationBoard } from './executor/publication-board.ts';
import { openRestorationBoard } from './executor/restoration-board.ts';
import { statusBoard } from './executor/status-board.ts';
import { placesIn, requireInitialised } from './files/data-dir.ts';
import { freeBytesOf } from './files/disk-room.ts';
import { historyBook } from './history/history-book.ts';
import { openIdempotentRequests } from './idempotency/idempotent-requests.ts';
import { afterRestoreJudge } from './identity/after-restore.ts';
import { type IdentityDirectory, openIdentityDirectory } from './identity/principals.ts';
import { shownKeyBook } from './identity/shown-keys.ts';
import { openInstaller } from './installer/open-installer.ts';
import type { Inventory } from './inventory/inventory.ts';
import { openInventory } from './inventory/open-inventory.ts';
import { logDesk } from './logs/log-desk.ts';
import type { Failpoint } from './model/failpoints.ts';
import type { Instant } from './model/instant.ts';
import { version } from './model/own-version.ts';
import { type LookDeps, lookAtAll } from './notifications/look.ts';
import { type Notifier, openNotifier } from './notifications/notifier.ts';
import { advance } from './operations/advance.ts';
import { openQuotas } from './quotas/quotas.ts';
import { freshNames, newId } from './random-names.ts';
import { installedPrograms } from './rehearsals/programs.ts';
import { openRehearser } from './rehearsals/rehearser.ts';
import { givenTo } from './releases/given-etcds.ts';
import { httpMirror } from './releases/mirror.ts';
import { releaseFetches } from './releases/release-fetches.ts';
import { openReleaseStore } from './releases/release-store.ts';
import { oldRecords } from './retention/remove-old-records.ts';
import { dataFormat } from './snapshots/data-format.ts';
import { etcdutlStatus, findEtcdutl } from './snapshots/etcdutl.ts';
import { openS3Store } from './snapshots/s3-store.ts';
import { openSnapshotFolder } from './snapshots/snapshot-folder.ts';
import { snapshotKeeper } from './snapshots/snapshot-keeper.ts';
import { readStoreCredentials } from './snapshots/store-credentials.ts';

export interface CoordinatorDeps {
  readonly config: Config;
  readonly now: () => Instant;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  /** Fires after so many milliseconds, for a request that waits. For a test, which ends waits itself; else a timer. */
  readonly timeout?: (ms: number) => AbortSignal;
  readonly failpoint: Failpoint;
  readonly log: FastifyBaseLogger;
  /** The path of coordinator.yml, which goes into backups. */
  readonly configFile?: string;
  /** The folder of the files for nodes, unless the configuration names it. */
  readonly installFolder?: string;
  /** Issue by the present clock, even if it is before the last issuance (R14). */
  readonly acceptClock?: boolean;
  /** For a process that opens many coordinators with the same keys; scrypt otherwise. */
  readonly deriveKey?: DeriveKey;
}

/** A coordinator that is ready to listen. */
export interface Coordinator {
  readonly app: App;
  readonly inventory: Inventory;
  readonly authorities: Authorities;
  readonly directory: IdentityDirectory;
  readonly executor: Executor;
  readonly backups: Backups;
  readonly notifier: Notifier;
  /**
   * Takes the steps that are due by time alone in every cluster, stores the latest reports, renews the server
   * certificate.
   */
  tick(): Promise<void>;
  /** Ends long polls, stores the pending reports, and closes the store. */
  close(): Promise<void>;
}

/**
 * Opens the store and the authorities that `init` made and builds the application on them; does not listen. Throws
 * `not_initialised`, `passphrase_missing`, `authority_missing`, `inventory_locked` and others of this kind.
 */
export async function openCoordinator(deps: CoordinatorDeps): Promise<Coordinator> {
  const { config, now, monotonic, timeout = (ms) => AbortSignal.timeout(ms) } = deps;
  const { failpoint, log, configFile = defaultConfigFile, installFolder, acceptClock = false, deriveKey } = deps;
  const places = placesIn(config.dataDir);
  requireInitialised(config.dataDir);
  const passphrase = await readPassphrase(config.passphraseFile);
  const inventory = await openInventory(places.database, { newId });
  let authorities: Authorities | undefined;
  try {
    // `init` writes the first operator last.
    if ((await inventory.operators.all()).length === 0) throw failure('not_initialised', { dataDir: config.dataDir });
    const directory = await openIdentityDirectory(inventory, now());
    const custody = new Custody(places.authority, passphrase, deriveKey);
    const quotas = openQuotas(config.limits);
    const opened = await openAuthorities({ custody, inventory, witness: directory, now, failpoint, quotas });
    authorities = opened;
    if (acceptClock) logAcceptedClock(log, await opened.acceptClock());
    const server = await openServerCertificate(
      { authorities: opened, inventoryId: inventory.id, now },
      { path: places.server, ...serverNames(config) },
      ({ message, hint }) => log.warn({ hint }, `the server certificate is due and was not renewed: ${message}`),
    );
    const control = opened.control.certificate.pem;
    const tls = (): ServerTls => {
      const { certificate, key } = server.credential();
      return { certificate: certificate.pem, key: exportPrivateKeyPem(key), clientAuthorities: control };
    };
    const published = await inventory.publications.all();
    const seals = await Seals.open(custody, published);
    const publications = publicationBoard(seals.checked(published));
    const statuses = statusBoard(await keptReports(inventory), { now, monotonic, process: newId() });
    const restoration = await openRestorationBoard(inventory);
    const shownKeys = shownKeyBook();
    const afterRestore = afterRestoreJudge({ restoration, directory, shownKeys, now });
    const releases = await openReleaseStore({
      ...{ folder: places.releases, now, monotonic },
      given: (...one) =>
        givenTo(
          executor.clusters().map((name) => executor.situation(name).record),
          ...one,
        ),
    });
    const fetches = releaseFetches({
      mirror: httpMirror(),
      from: config.releases.mirror,
      store: releases,
      monotonic,
      log,
    });
    const executor = await openExecutor({
      inventory,
      restoration,
      lastSeen: (nodeId) => shownKeys.lastHeard(nodeId),
      toolFor: (architecture, etcdVersion) => releases.toolFor(architecture, etcdVersion),
      programsFor: (architecture, version) => releases.programsFor(architecture, version),
      publications,
      seals,
      statuses,
      trust: (clusterId) => {
        const { client, peer } = opened.cluster(clusterId);
        return { control, client: client.certificate.pem, peer: peer.certificate.pem };
      },
      nodeChanged: (nodeId, at) => directory.refresh(nodeId, at),
      freshNames,
      now,
      monotonic,
      failpoint,
    });
    const history = historyBook({ inventory, executor, statuses, now, monotonic });
    const own = await findEtcdutl(config.etcdutlBinary, process.env.PATH ?? '');
    const architecture = architectureOf(process.arch);
    const stored = async (path: string) =>
      config.runReleases ? releases.pathFor(architecture, await dataFormat(path)) : null;
    const readStatus = etcdutlStatus(async (path) => own ?? stored(path), log);
    if (own === null) log.debug('no etcdutl is installed: only the hash and the structure of snapshots are checked');
    const { snapshotStore } = config;
    const snapshots = snapshotKeeper({
      folder: await openSnapshotFolder(places.snapshots),
      store: snapshotStore ? await openS3Store(snapshotStore, await readStoreCredentials(snapshotStore)) : null,
      inventory,
      executor,
      readStatus,
      limits: config.limits,
      newId,
      now,
      monotonic,
      log,
    });
    await snapshots.tellUnknown();
    const rehearser = await openRehearser({
      folder: places.rehearsal,
      snapshots,
      inventory,
      executor,
      runsReleases: config.runReleases,
      programs: async () => {
        const installed = await installedPrograms(config.etcdutlBinary, process.env.PATH ?? '');
        return [
          ...(config.runReleases ? releases.pairsFor(architecture) : []),
          ...(installed === null ? [] : [installed]),
        ];
      },
      now,
      monotonic,
      newId,
      log,
    });
    const folder = config.installDir ?? installFolder;
    const { spkiHash: pin } = opened.control.certificate;
    const installer = folder === undefined ? null : await openInstaller({ folder, url: urlOf(config), pin, version });
    if (installer === null) log.debug({ folder }, 'the files for nodes are missing: no install command can be printed');
    const backups = await openBackups({
      ...{ config, custody, configFile, inventory, now, monotonic, log },
      lastClusterAt: () => lastClusterAt(executor),
    });
    const refusals = refusalCounts({ inventory, now, monotonic });
    const serverCertificate = () => server.credential().certificate;
    const { reportSeconds, notifications } = config;
    const sources = { authorities: opened, directory, executor, reportSeconds, restoration, serverCertificate };
    const lookDeps: LookDeps = {
      executor,
      restoration,
      statusOf: (cluster, at) => statusOf({ ...sources, shownKeys, snapshots, statuses }, cluster, at),
      backups,
      freeBytes: () => freeBytesOf(config.dataDir).catch(() => null),
      now,
    };
    const box = await SecretBox.open(custody);
    const notifier = await openNotifier({
      channels: inventory.channels,
      box,
      look: () => lookAtAll(lookDeps),
      longestSettleMs: notifications.longestSettleSeconds * 1000,
      url: urlOf(config),
      now,
      monotonic,
      newId,
      log,
    });
    const app = await buildApp({
      inventory,
      authorities: opened,
      directory,
      restoration,
      shownKeys,
      afterRestore,
      executor,
      publications,
      statuses,
      history,
      now,
      timeout,
      newId,
      randomBytes,
      failpoint,
      snapshots,
      rehearser,
      backups,
      logs: logDesk({ newId, wake: (nodeId) => publications.wake(nodeId) }),
      refusals,
      releases,
      releaseFetches: fetches,
      notifier,
      serverCertificate,
      installer,
      url: urlOf(config),
      reportSeconds,
      dataDir: config.dataDir,
      tls: tls(),
      limits: config.limits,
      fleetLimits: config.limits,
      quotas,
      idempotentRequests: openIdempotentRequests({ box, now }),
      monotonic,
      log,
    });
    const { retention } = config;
    const removeOldRecords = oldRecords({ inventory, authorities: opened, directory, retention, now, monotonic });
    const renewServerCertificate = async (): Promise<void> => {
      if (!(await server.renewWhenDue())) return;
      replaceServerCertificate(app, tls());
      const { serial, notAfter } = server.credential().certificate;
      log.info({ serial, notAfter: notAfter.toISOString() }, 'the server certificate was renewed');
    };
    return {
      app,
      inventory,
      authorities: opened,
      directory,
      executor,
      backups,
      notifier,
      async tick() {
        // Each on its own: a cluster that fails does not delay the others.
        const clusters = executor.clusters().map((cluster) => executor.run(cluster, advance));
        const results = await Promise.allSettled([
          ...clusters,
          keepReports(statuses, inventory.reports, 'due'),
          history.keep('due'),
          renewServerCertificate(),
          removeOldRecords(),
          refusals.write('due'),
          snapshots.tidy(),
          rehearser.tick(),
          releases.tidy(),
        ]);
        backups.tick();
        const failures = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
        notifier.tick(failures.length === 0);
        if (failures.length === 1) throw failures[0];
        if (failures.length > 1) throw new AggregateError(failures, `${failures.length} parts of a tick failed`);
      },
      async close() {
        await app.close();
        await notifier.close();
        await refusals
          .write('all')
          .catch((error: unknown) =>
            log.warn({ err: error }, 'what was refused since the last entry is not in the audit log'),
          );
        await backups.close();
        await rehearser.close();
        await snapshots.close();
        await fetches.close();
        await releases.close();
        await history
          .keep('all')
          .catch((error: unknown) =>
            log.warn({ err: error }, 'the history of the members since it was last stored is lost'),
          );
        await keepReports(statuses, inventory.reports, 'all');
        await opened.close();
        await inventory.close();
      },
    };
  } catch (error) {
    await authorities?.close();
    await inventory.close();
    throw error;
  }
}

function logAcceptedClock(log: FastifyBaseLogger, accepted: AcceptedClock | null): void {
  if (accepted === null) log.info('the clock is not before the last issuance: --accept-clock changes nothing');
  else log.warn(accepted, 'the clock is accepted: certificates are issued again, although the last issuance is later');
}

function lastClusterAt(executor: Executor): Instant | null {
  const created = executor.clusters().map((name) => executor.situation(name).record.createdAt);
  return created.length === 0 ? null : Math.max(...created);
}
