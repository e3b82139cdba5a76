/** What a key is for. `unit` where the value has one, `form` where the schema says less than a reader needs. */
export interface Meaning {
  readonly unit?: string;
  readonly form?: string;
  /** Where the program chooses a value that no constant has. */
  readonly otherwise?: string;
  readonly text: string;
}

export type Meanings = Readonly<Record<string, Meaning>>;

const path = 'absolute path';

/** As of `snapshotStore`, for the bucket of a place for backups. */
const ofBucket: Meanings = Object.fromEntries(
  ['endpoint', 'bucket', 'credentialsFile', 'region', 'prefix', 'caFile', 'serverSideEncryption', 'kmsKeyId'].map(
    (key) => [
      `backup.targets[].s3.${key}`,
      { form: 'see there', otherwise: 'see there', text: `As \`snapshotStore.${key}\`, for a bucket with backups.` },
    ],
  ),
);

/** Of coordinator.yml. */
export const coordinatorMeanings: Meanings = {
  dataDir: { form: path, text: 'The folder of the store, the encrypted CA keys, the snapshots and the release store.' },
  passphraseFile: {
    form: path,
    text: 'The file with the passphrase of the CA keys, mode 0600. Keep a copy apart from the backups.',
  },
  hosts: {
    form: 'list of 1 to 20 IP addresses and host names in lower case',
    otherwise: 'required',
    text: 'The names and addresses of this coordinator. They are in its certificate. The context files of operators use the first one.',
  },
  listenAddress: { form: 'IP address', text: 'The address to listen on. `::` listens on IPv4 and IPv6.' },
  port: { text: 'The port to listen on.' },
  installDir: {
    form: path,
    otherwise: '`install/` beside the program',
    text: 'The folder with the files for new nodes: the agent, its services and the install script.',
  },
  etcdutlBinary: {
    form: path,
    otherwise: '`etcdutl` on the path',
    text: 'The program that reads each snapshot as a database. Without one, the coordinator checks only hash and structure of the file.',
  },
  runReleases: {
    text: 'If there is no other etcdutl, read snapshots with the one of the release store, and [rehearse restores](../how-to/rehearse-a-restore.md) with the etcd and the etcdutl of it. Each operator with the role admin then decides what runs as the user of the coordinator.',
  },
  'releases.mirror': {
    form: 'URL',
    text: 'From where `picket release fetch` fetches archives of etcd: `MIRROR/vVERSION/etcd-vVERSION-linux-ARCH.tar.gz`. `http://` is accepted, because no hash comes from a mirror.',
  },
  'snapshotStore.endpoint': {
    form: 'URL of scheme, host and port',
    otherwise: 'required in `snapshotStore`',
    text: 'The S3-compatible store. `http://` is accepted for this machine only, because snapshots hold secrets.',
  },
  'snapshotStore.bucket': {
    form: 'name of a bucket',
    otherwise: 'required in `snapshotStore`',
    text: 'The bucket. It must exist.',
  },
  'snapshotStore.credentialsFile': {
    form: path,
    otherwise: 'required in `snapshotStore`',
    text: 'A file with the lines `accessKeyId: …` and `secretAccessKey: …`, mode 0600. It is in no backup.',
  },
  'snapshotStore.region': { form: 'string', otherwise: '`us-east-1`', text: 'The region that the store expects.' },
  'snapshotStore.prefix': {
    form: 'string that ends with a slash',
    otherwise: 'empty',
    text: 'The start of each object name, before `CLUSTER/ID.db`.',
  },
  'snapshotStore.caFile': {
    form: path,
    otherwise: 'the CAs that Node.js trusts',
    text: 'The CA of the store, as PEM. The coordinator then trusts no other CA for the store.',
  },
  'snapshotStore.serverSideEncryption': {
    form: '`AES256`, `aws:kms` or `none`',
    otherwise: '`AES256`',
    text: 'How the store encrypts each snapshot. A store that does not encrypt although it was asked to keeps no snapshot.',
  },
  'snapshotStore.kmsKeyId': {
    form: 'string',
    otherwise: 'the key of the bucket',
    text: 'The key of `aws:kms`.',
  },
  'snapshotStore.ageIdentityFile': {
    form: path,
    otherwise: 'not encrypted before the snapshots leave',
    text: 'A file with age identities, as `age-keygen -o FILE` writes them, mode 0600. The first encrypts each snapshot before it leaves; all decrypt. It is in no backup.',
  },
  'backup.targets[].folder': {
    form: path,
    otherwise: 'one of `folder`, `s3` and `boards` in each place',
    text: 'A folder for backups of the coordinator. It must exist, and the user of the coordinator must be able to write to it. See [Back up the coordinator](../how-to/back-up-the-coordinator.md).',
  },
  ...ofBucket,
  'backup.targets[].boards': {
    otherwise: 'one of `folder`, `s3` and `boards` in each place',
    text: 'On so many boards the agent keeps a copy of the newest backup, in `/var/lib/picket/coordinator-backups`. Needs `backup.recipients`.',
  },
  'backup.everyHours': {
    unit: 'h',
    otherwise: '`24`',
    text: 'The time between two backups. One is also made after a cluster was created.',
  },
  'backup.keep': { otherwise: '`30`', text: 'How many backups of this coordinator stay in each place.' },
  'backup.recipients': {
    form: 'list of 0 to 8 age recipients, `age1…`',
    otherwise: 'not encrypted',
    text: 'For whom backups are encrypted before they leave. `picket-coordinator backup key FILE` makes a key and prints its recipient.',
  },
  'limits.connections': {
    text: 'Connections in total. An agent holds two, and a third one while it sends a snapshot.',
  },
  'limits.strangers': { text: 'Connections on which no valid certificate was shown yet, in total.' },
  'limits.strangersPerAddress': {
    text: 'The same from one address, or from one /64 network of IPv6. A new stranger takes the place of the stranger that has waited longest.',
  },
  'limits.connectionsPerClient': {
    text: 'Connections of one node or one operator. A new one closes the oldest one.',
  },
  'limits.strangerSeconds': { unit: 's', text: 'The time for which a stranger keeps a connection.' },
  'limits.requestsAtOncePerClient': {
    text: 'Requests of one node or one operator that the coordinator works on at the same time. Further ones wait.',
  },
  'limits.unreadMib': {
    unit: 'MiB',
    text: 'Answers that clients have not read yet, in total. Beyond it, the client with most of them loses its oldest one, with the connection.',
  },
  'limits.unreadMibPerClient': {
    unit: 'MiB',
    text: 'The same of one node, one operator or one address of strangers, which loses its own oldest ones.',
  },
  'limits.eventStreams': { text: 'Event streams that are open at the same time.' },
  'limits.eventStreamsPerOperator': { text: 'Event streams of one operator.' },
  'limits.newConnectionsPerTenSeconds': {
    unit: 'per 10 s',
    text: 'New connections of strangers in total.',
  },
  'limits.newConnectionsPerAddressPerTenSeconds': { unit: 'per 10 s', text: 'The same from one address.' },
  'limits.newConnectionsPerClientPerTenSeconds': {
    unit: 'per 10 s',
    text: 'New connections from an address where nodes or operators have shown a valid certificate, for each of them. They do not count as those of strangers; further ones do.',
  },
  'limits.foreignCertificatesPerTenSeconds': {
    unit: 'per 10 s',
    text: 'Certificates that clients show and that are not valid for the coordinator, each of a chain. Verifying them costs time. Beyond it, strangers wait.',
  },
  'limits.foreignCertificatesPerAddressPerTenSeconds': {
    unit: 'per 10 s',
    text: 'The same from one address. Beyond it, the address is refused for 10 s.',
  },
  'limits.strangerRequestsPerMinute': {
    unit: 'per min',
    text: 'Requests without a valid certificate from one address, without joins and recoveries.',
  },
  'limits.joinsPerMinute': { unit: 'per min', text: 'Joins from one address.' },
  'limits.recoveriesPerMinute': { unit: 'per min', text: 'Recoveries of an identity from one address.' },
  'limits.pollsPerMinute': { unit: 'per min', text: 'Polls of one node.' },
  'limits.reportsPerMinute': { unit: 'per min', text: 'Reports of one node.' },
  'limits.snapshotPartsPerMinute': { unit: 'per min', text: 'Parts of snapshots of one node.' },
  'limits.nodeRequestsPerMinute': { unit: 'per min', text: 'All other requests of one node.' },
  'limits.nodeKibPerMinute': {
    unit: 'KiB per min',
    text: 'Bodies of the requests of one node, without parts of snapshots.',
  },
  'limits.operatorRequestsPerMinute': { unit: 'per min', text: 'Requests of one operator.' },
  'limits.operatorPagesPerMinute': {
    unit: 'per min',
    text: 'Requests of one operator for lists: events, audit log, history, nodes, tokens, certificates, snapshots.',
  },
  'limits.auditedRequestsPerDay': {
    unit: 'per 24 h',
    text: 'Requests of one operator that the audit log records: changes, and downloads of snapshots. Each makes two entries.',
  },
  'limits.certificatesPerDay': {
    unit: 'per 24 h',
    text: 'Certificates for one node, for its identity and for etcd together. A node needs about 30 in a year.',
  },
  'limits.holdsPerDay': {
    unit: 'per 24 h',
    text: 'Requests of one node to hold or release its own member. Each makes an event.',
  },
  'limits.snapshotSharePercent': {
    unit: '%',
    text: 'This part of the disk of `dataDir` is divided among the clusters for their snapshots. The rest is for whoever needs it first.',
  },
  'limits.clusters': {
    text: 'Clusters of this coordinator. A deleted cluster leaves its place. Those beyond a lowered limit stay.',
  },
  'limits.declaredMembers': { text: 'Members that all clusters together declare.' },
  'limits.clientsPerCluster': { text: 'Client nodes of one cluster. An evicted one leaves its place.' },
  'limits.nodes': {
    text: 'Members and clients of all clusters that have joined. A machine that takes the place of another needs no place of its own.',
  },
  'retention.certificateDays': {
    unit: 'days',
    text: 'The time for which records of certificates and revocations stay after the certificate has ended.',
  },
  'retention.eventDays': { unit: 'days', text: 'The time for which events stay.' },
  'retention.eventsPerCluster': { text: 'The number of events that stay for one cluster.' },
  'retention.auditDays': { unit: 'days', text: 'The time for which entries of the audit log stay at least.' },
  'retention.auditEntries': {
    text: 'The number of entries of the audit log that stay. Beyond it, the oldest are removed.',
  },
  'notifications.longestSettleSeconds': {
    unit: 's',
    text: 'The longest time that a problem must last before a notification is sent. A lower value shortens all times of the table in [Get notified](../how-to/get-notified.md).',
  },
  reportSeconds: { unit: 's', text: 'The longest time between two reports of a node. Nodes report changes at once.' },
  logLevel: { text: 'The lowest level that the log shows. The log is JSON lines on standard output.' },
};

/** Of agent.yml. */
export const agentMeanings: Meanings = {
  coordinator: {
    form: 'URL `https://HOST:PORT`',
    otherwise: 'the one given to `picket-agent join`',
    text: 'The coordinator.',
  },
  name: {
    form: 'name of a member or client',
    otherwise: 'the host name',
    text: 'The member that this machine joins as, by its name in hosts.csv, or the name of this client; alone or with the domain of the cluster.',
  },
  stateDir: {
    form: path,
    text: "The agent's identity and memory, and etcd's data in the folder `etcd` below it. It must not lie in memory (tmpfs).",
  },
  etcDir: { form: path, text: "The folder of conf.yml and of etcd's certificates." },
  logFile: {
    form: path,
    text: "etcd's log. etcd itself rotates it: a new file after 10 MB, three former ones kept, compressed. Output before the log exists, and crashes, go to `NAME-console.log` beside it. The folder must belong to etcd's user.",
  },
  etcdBinary: { form: path, otherwise: 'the first `etcd` on the path', text: 'The etcd program.' },
  init: {
    text: 'What runs etcd: the service `etcd` of OpenRC or systemd, or the agent itself (`process`). `auto` chooses the init system of this machine if the agent is root and `stateDir` or `etcDir` has its default; otherwise `process`.',
  },
  etcdUser: {
    form: 'name of a user',
    otherwise: '`etcd` if the agent is root; otherwise the user of the agent',
    text: 'The user that etcd runs as.',
  },
  reportSeconds: {
    unit: 's',
    otherwise: 'what the coordinator asks for',
    text: 'The longest time between two reports.',
  },
  logLevel: { text: 'The lowest level that the log shows. The log is JSON lines on standard output.' },
};

/** Of the declaration of a cluster. */
export const clusterMeanings: Meanings = {
  name: { form: 'lower-case letters, digits and hyphens, at most 63', otherwise: 'required', text: 'The cluster.' },
  revision: {
    form: 'integer from 1',
    otherwise: 'the current one',
    text: 'The revision that a file was made from. `picket cluster apply` refuses the file if the cluster has another revision now.',
  },
  'members[].name': {
    form: 'lower-case letters, digits and hyphens, at most 63',
    otherwise: 'required',
    text: 'The host name of a member. A cluster has 1 to 50 members.',
  },
  'members[].address': { form: 'IP address', otherwise: 'required', text: 'The address of this member.' },
  domain: { form: 'DNS name in lower case', otherwise: 'required', text: 'The domain of the members.' },
  'tuning.heartbeatIntervalMs': { unit: 'ms', text: "etcd's heartbeat interval." },
  'tuning.electionTimeoutMs': {
    unit: 'ms',
    text: "etcd's election timeout. It must be at least five times the heartbeat interval.",
  },
  'tuning.quotaBackendBytes': {
    unit: 'bytes',
    text: 'The size at which etcd takes no more writes. A lower value must leave 1.5 times the size of the largest database.',
  },
  'tuning.snapshotCount': {
    unit: 'log entries',
    text: "The entries that etcd keeps in memory until it writes its own Raft snapshot. It has nothing to do with Picket's snapshots.",
  },
  'tuning.autoCompactionRetention': {
    form: '`1h`, `30m` and so on; `0` keeps all history',
    text: 'The time for which etcd keeps the history of the keys.',
  },
  'snapshots.everyMinutes': {
    unit: 'min',
    text: 'The time between two snapshots. 0 switches snapshots off, those before changes included.',
  },
  'snapshots.keepHourly': {
    unit: 'snapshots',
    text: 'Of each of so many hours that have a snapshot, the newest one stays.',
  },
  'snapshots.keepDaily': { unit: 'snapshots', text: 'The same for days.' },
  'snapshots.keepWeekly': { unit: 'snapshots', text: 'The same for weeks.' },
  'snapshots.rehearseEveryHours': {
    unit: 'h',
    text: 'The time between two rehearsals of a restore on the coordinator. 0 or none: Picket rehearses only on request.',
  },
  serviceNames: {
    form: 'list of 0 to 20 DNS names in lower case',
    text: 'Names that resolve to all members. They are in each server certificate.',
  },
  vips: {
    form: 'list of 0 to 20 IP addresses',
    text: 'Shared addresses, of a load balancer for example. They are in each server certificate.',
  },
  advertise: { text: 'Whether the URLs of members contain addresses or names.' },
  keyType: { text: 'The type of the keys of the CAs and of the certificates.' },
  leafLifetimeHours: { unit: 'h', text: 'The lifetime of certificates that are issued from now on.' },
  'ports.client': { text: "etcd's port for clients." },
  'ports.peer': { text: "etcd's port for other members." },
  'ports.metrics': { text: "etcd's port for health and metrics." },
  etcdMetrics: {
    otherwise: '`loopback`',
    text: 'Where etcd serves its metrics, over plain HTTP: on `loopback` alone, or also on the `address` of the member. Everybody who reaches that port can read them; they contain no keys and no values of the store.',
  },
  'etcd.source': {
    otherwise: '`package`',
    text: 'Which etcd the members run: that of the `package` of their systems, or a `release` that the coordinator hands out.',
  },
  'etcd.version': {
    form: 'a version such as `3.6.14`',
    otherwise: 'none',
    text: 'The version of the release. The release store must have it for the machines of the cluster.',
  },
  allowLoopback: { text: 'Accept members on loopback addresses, all on one machine. For demos and tests.' },
  allowDowntime: {
    text: 'Let a cluster of one or two members restart and defragment. Such a cluster cannot serve meanwhile.',
  },
};
