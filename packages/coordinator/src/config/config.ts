import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { readStrictYaml } from '@picket/shared/config/strict-yaml.ts';
import { failure } from '@picket/shared/errors.ts';
import { canonicalAddress, isToThisMachine, validDomain } from '@picket/shared/names.ts';
import type { San } from '@picket/shared/pki/san.ts';
import { AbsolutePath, strict } from '@picket/shared/protocol/primitives.ts';
import { oneOf } from '@picket/shared/protocol/unions.ts';
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Check } from 'typebox/value';
import type { ClientLimits } from '../connections/client-limits.ts';
import type { FleetLimits } from '../declaration/fleet-limits.ts';
import type { SnapshotLimits } from '../model/disk-share.ts';
import { officialMirror } from '../model/official-mirror.ts';
import type { QuotaLimits } from '../quotas/quotas.ts';

const SnapshotStore = Type.Object(
  {
    endpoint: Type.String({ minLength: 1, maxLength: 300 }),
    bucket: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$' }),
    credentialsFile: AbsolutePath,
    region: Type.Optional(Type.String({ pattern: '^[a-zA-Z0-9-]{1,40}$' })),
    prefix: Type.Optional(Type.String({ pattern: '^([A-Za-z0-9._-]+/)*$', maxLength: 200 })),
    caFile: Type.Optional(AbsolutePath),
    serverSideEncryption: Type.Optional(oneOf('AES256', 'aws:kms', 'none')),
    kmsKeyId: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9:/_-]{1,2048}$' })),
    ageIdentityFile: Type.Optional(AbsolutePath),
  },
  strict,
);
/**
 * An S3-compatible store. Defaults: region `us-east-1`, no prefix, the authorities that Node.js trusts, encryption by the
 * store (`AES256`), and none before the snapshots leave.
 */
export type SnapshotStoreConfig = Static<typeof SnapshotStore>;

const S3Bucket = Type.Omit(SnapshotStore, ['ageIdentityFile'], strict);
/** A bucket of an S3-compatible store. Defaults as of {@link SnapshotStoreConfig}. */
export type S3BucketConfig = Static<typeof S3Bucket>;

const BackupTarget = Type.Object(
  {
    folder: Type.Optional(AbsolutePath),
    s3: Type.Optional(S3Bucket),
    boards: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
  },
  strict,
);
const Backup = Type.Object(
  {
    targets: Type.Array(BackupTarget, { minItems: 1, maxItems: 8 }),
    everyHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 720 })),
    keep: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    recipients: Type.Optional(Type.Array(Type.String({ pattern: '^age1[0-9a-z]{10,3000}$' }), { maxItems: 8 })),
  },
  strict,
);
/** Backups by schedule: where to, how many of them stay there, and for whom they are encrypted, if for anybody. */
export type BackupConfig = Required<Static<typeof Backup>>;

/** How often boards get a copy at most. */
const leastHoursOfBoards = 6;

/** The limits for strangers, nodes and operators (R18). */
const limitDefaults: ClientLimits & QuotaLimits & SnapshotLimits & FleetLimits = {
  connections: 2500,
  strangers: 512,
  strangersPerAddress: 256,
  connectionsPerClient: 32,
  strangerSeconds: 60,
  requestsAtOncePerClient: 4,
  unreadMib: 64,
  unreadMibPerClient: 8,
  eventStreams: 64,
  eventStreamsPerOperator: 16,
  newConnectionsPerTenSeconds: 2000,
  newConnectionsPerAddressPerTenSeconds: 600,
  newConnectionsPerClientPerTenSeconds: 50,
  foreignCertificatesPerTenSeconds: 80,
  foreignCertificatesPerAddressPerTenSeconds: 20,
  strangerRequestsPerMinute: 1200,
  joinsPerMinute: 300,
  recoveriesPerMinute: 300,
  pollsPerMinute: 600,
  reportsPerMinute: 1200,
  snapshotPartsPerMinute: 12_000,
  nodeRequestsPerMinute: 600,
  nodeKibPerMinute: 6144,
  operatorRequestsPerMinute: 3000,
  operatorPagesPerMinute: 1200,
  auditedRequestsPerDay: 5000,
  certificatesPerDay: 200,
  holdsPerDay: 200,
  snapshotSharePercent: 50,
  clusters: 1000,
  declaredMembers: 2000,
  clientsPerCluster: 1000,
  nodes: 1600,
};

const count = Type.Integer({ minimum: 1, maximum: 1_000_000 });
const counts = Object.fromEntries(Object.keys(limitDefaults).map((name) => [name, count]));
const Limits = Type.Object(
  {
    ...(counts as Record<keyof typeof limitDefaults, typeof count>),
    strangerSeconds: Type.Integer({ minimum: 5, maximum: 600 }),
    nodeKibPerMinute: Type.Integer({ minimum: 256, maximum: 1_000_000 }),
    snapshotSharePercent: Type.Integer({ minimum: 0, maximum: 90 }),
  },
  strict,
);

const Retention = Type.Object(
  {
    certificateDays: Type.Integer({ minimum: 90, maximum: 36_500 }),
    eventDays: Type.Integer({ minimum: 1, maximum: 36_500 }),
    eventsPerCluster: Type.Integer({ minimum: 100, maximum: 10_000_000 }),
    auditDays: Type.Integer({ minimum: 90, maximum: 36_500 }),
    auditEntries: Type.Integer({ minimum: 10_000, maximum: 10_000_000 }),
  },
  strict,
);
export type RetentionConfig = Static<typeof Retention>;

const Releases = Type.Object({ mirror: Type.String({ minLength: 1, maxLength: 300 }) }, strict);

const Notifications = Type.Object({ longestSettleSeconds: Type.Integer({ minimum: 1, maximum: 3600 }) }, strict);

/** coordinator.yml; docs/reference/configuration.md explains each key. */
export const ConfigFile = Type.Object(
  {
    dataDir: Type.Optional(AbsolutePath),
    passphraseFile: Type.Optional(AbsolutePath),
    hosts: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), { minItems: 1, maxItems: 20 }),
    listenAddress: Type.Optional(Type.String({ minLength: 2, maxLength: 45 })),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
    installDir: Type.Optional(AbsolutePath),
    etcdutlBinary: Type.Optional(AbsolutePath),
    runReleases: Type.Optional(Type.Boolean()),
    releases: Type.Optional(Type.Partial(Releases, strict)),
    snapshotStore: Type.Optional(SnapshotStore),
    backup: Type.Optional(Backup),
    limits: Type.Optional(Type.Partial(Limits, strict)),
    retention: Type.Optional(Type.Partial(Retention, strict)),
    notifications: Type.Optional(Type.Partial(Notifications, strict)),
    reportSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
    logLevel: Type.Optional(oneOf('debug', 'info', 'warn', 'error')),
  },
  strict,
);

export type Config = Required<
  Omit<
    Static<typeof ConfigFile>,
    'installDir' | 'etcdutlBinary' | 'snapshotStore' | 'backup' | 'limits' | 'retention' | 'notifications' | 'releases'
  >
> & {
  /** From where `picket release fetch` fetches. */
  readonly releases: Static<typeof Releases>;
  readonly limits: typeof limitDefaults;
  /** How long data that nodes create is kept. */
  readonly retention: RetentionConfig;
  /** For how long a problem must last at the longest before it is sent. */
  readonly notifications: Static<typeof Notifications>;
  /** The folder of the files for nodes; by default beside the program. */
  readonly installDir?: string;
  /** The program that reads snapshots; by default the first etcdutl on the path. */
  readonly etcdutlBinary?: string;
  /** Where snapshots are moved to; without it, they stay beside the store. */
  readonly snapshotStore?: SnapshotStoreConfig;
  /** Without it, backups are made only by command. */
  readonly backup?: BackupConfig;
};

export const defaultConfigFile = '/etc/picket/coordinator.yml';

export const configDefaults: Omit<Config, 'hosts'> = {
  dataDir: '/var/lib/picket-coordinator',
  passphraseFile: '/etc/picket/ca-passphrase',
  listenAddress: '0.0.0.0',
  port: 7443,
  runReleases: false,
  releases: { mirror: officialMirror },
  limits: limitDefaults,
  retention: { certificateDays: 90, eventDays: 400, eventsPerCluster: 20_000, auditDays: 400, auditEntries: 100_000 },
  notifications: { longestSettleSeconds: 3600 },
  reportSeconds: 10,
  logLevel: 'info',
};

const backupDefaults: Omit<BackupConfig, 'targets'> = { everyHours: 24, keep: 30, recipients: [] };

/** Daily backups into this folder. */
export function backupInto(folder: string): BackupConfig {
  return { ...backupDefaults, targets: [{ folder }] };
}

/** Throws `config_invalid` for a path that coordinator.yml would not take. */
export function requireBackupFolder(folder: string): string {
  if (Check(AbsolutePath, folder)) return folder;
  const problem = `the folder for backups must be an absolute path of letters, digits and . _ / @ + -, not ${JSON.stringify(folder)}`;
  throw failure('config_invalid', { file: defaultConfigFile, problem });
}

/** Reads and checks coordinator.yml. Throws `config_missing`, `config_invalid`. */
export async function readConfig(file: string): Promise<Config> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'it does not exist' : `opening it fails (${code ?? 'unknown cause'})`;
    throw failure('config_missing', { file, reason }, { cause: error });
  }
  return parseConfig(text, file);
}

/** Pure part of {@link readConfig}. Throws `config_invalid`. */
export function parseConfig(text: string, file: string): Config {
  const { backup, ...written } = readStrictYaml(text, ConfigFile, file);
  const config: Config = {
    ...configDefaults,
    ...written,
    ...(backup === undefined ? {} : { backup: { ...backupDefaults, ...backup } }),
    limits: { ...configDefaults.limits, ...written.limits },
    retention: { ...configDefaults.retention, ...written.retention },
    notifications: { ...configDefaults.notifications, ...written.notifications },
    releases: { ...configDefaults.releases, ...written.releases },
  };
  for (const host of config.hosts) {
    if (canonicalAddress(host) !== host && !validDomain(host)) {
      const problem = `"hosts" names "${host}", which is neither an IP address nor a host name in lower case`;
      throw failure('config_invalid', { file, problem });
    }
  }
  if (canonicalAddress(config.listenAddress) === undefined) {
    throw failure('config_invalid', { file, problem: `"listenAddress" must be an IP address` });
  }
  if (config.snapshotStore !== undefined) requireBucket(config.snapshotStore, 'snapshotStore', file);
  const { targets = [], recipients = [], everyHours = 24 } = config.backup ?? {};
  targets.forEach((target, index) => {
    const { s3, boards } = target;
    const refuse = (problem: string) =>
      failure('config_invalid', { file, problem: `"backup.targets[${index}]" ${problem}` });
    if (Object.keys(target).length !== 1)
      throw refuse('must have one key, folder, s3 or boards: each place is an item of its own');
    if (boards !== undefined && recipients.length === 0)
      throw refuse(
        'names boards, which get only encrypted backups: add "backup.recipients" (`picket-coordinator backup key`)',
      );
    // The cards of boards wear out.
    if (boards !== undefined && everyHours < leastHoursOfBoards)
      throw refuse(
        `names boards, which get a copy every ${leastHoursOfBoards} hours at most: raise "backup.everyHours"`,
      );
    if (s3 !== undefined) requireBucket(s3, `backup.targets[${index}].s3`, file);
  });
  requireMirror(config.releases.mirror, file);
  return config;
}

/** `http:` is fine: no hash comes from the mirror. */
function requireMirror(mirror: string, file: string): void {
  const url = URL.parse(mirror);
  const refuse = (problem: string) => failure('config_invalid', { file, problem: `"releases.mirror" ${problem}` });
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw refuse('must be a URL such as https://mirror.home/etcd');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw refuse('must hold no user name, password or query');
}

/** Snapshots hold all data of the clusters, including secrets of k3s: they never cross a network unencrypted. Nor do backups. */
function requireBucket({ endpoint, serverSideEncryption, kmsKeyId }: S3BucketConfig, key: string, file: string): void {
  requireEndpoint(endpoint, `${key}.endpoint`, file);
  if (kmsKeyId !== undefined && serverSideEncryption !== 'aws:kms') {
    const problem = `"${key}.kmsKeyId" needs serverSideEncryption: aws:kms`;
    throw failure('config_invalid', { file, problem });
  }
}

function requireEndpoint(endpoint: string, key: string, file: string): void {
  const refuse = (problem: string) => failure('config_invalid', { file, problem: `"${key}" ${problem}` });
  const url = URL.parse(endpoint);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refuse('must be a URL such as https://s3.home:3900');
  }
  if (url.username !== '' || url.password !== '') throw refuse('must hold no key: that goes into credentialsFile');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw refuse('must end with the host or the port: bucket and prefix are keys of their own');
  }
  if (url.protocol === 'http:' && !isToThisMachine(url)) {
    throw refuse('must begin with https:// unless the store is on this machine; caFile names your own authority');
  }
}

/** With the first of its names, which nodes and operators use. */
export function urlOf({ hosts, port }: Pick<Config, 'hosts' | 'port'>): string {
  const [host = 'localhost'] = hosts;
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The names of the coordinator for its certificate. */
export function serverNames({ hosts }: Pick<Config, 'hosts'>): { readonly commonName: string; readonly sans: San[] } {
  const sans = hosts.map((value): San => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
  return { commonName: hosts[0] ?? 'picket', sans };
}
