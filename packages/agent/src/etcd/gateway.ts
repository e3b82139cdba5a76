import { isNamedLikeServer } from '@picket/shared/etcd-config/certificate-names.ts';
import { picketUser, rootUser } from '@picket/shared/etcd-users/picket-user.ts';
import { isOfMinor } from '@picket/shared/etcd-version.ts';
import type { EtcdReport } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { admitPicket } from './admit-picket.ts';
import { byAuthentication } from './by-authentication.ts';
import { clusterVersionIn } from './cluster-version.ts';
import {
  AuthenticationRefused,
  type EtcdEndpoint,
  EtcdError,
  type EtcdGateway,
  type Patience,
  RefusedByAuthentication,
} from './etcd.ts';
import { type Etcdctl, etcdctlSnapshot } from './etcdctl.ts';
import { type EtcdCaller, etcdctlCaller } from './etcdctl-call.ts';
import { readFeatureGate } from './feature-gate.ts';
import { readHistogram } from './fsync-histogram.ts';
import { gatewayConnection, readHealth, readMetrics, readQuorum } from './gateway-call.ts';
import {
  alarmsFrom,
  countFrom,
  hashFrom,
  healthPath,
  idFrom,
  idTo,
  type JsonObject,
  listFrom,
  memberFrom,
  objectFrom,
  storageFrom,
  textFrom,
} from './gateway-json.ts';
import { readLeaderlessVersion } from './leaderless-version.ts';
import { snapshotStream } from './snapshot-stream.ts';

interface GatewayDeadlines {
  readonly readMs: number;
  readonly changeMs: number;
}

const defaultDeadlines: GatewayDeadlines = { readMs: 2000, changeMs: 5000 };

interface GatewayOptions {
  /** Without it, etcd refuses everything but reads of its health while its authentication is on. */
  readonly etcdctl?: Etcdctl;
  readonly deadlines?: GatewayDeadlines;
}

/**
 * The gateway of one etcd. etcd checks a certificate only at the handshake. So a renewed certificate, or another
 * bundle, needs a new gateway: make the new one, then close this one. It opens no connection before the first call.
 */
export function etcdGateway(
  endpoint: EtcdEndpoint,
  { etcdctl, deadlines: { readMs, changeMs } = defaultDeadlines }: GatewayOptions = {},
): EtcdGateway {
  const shared = gatewayConnection(endpoint.clientUrl, endpoint.trust, endpoint.credential);
  const driver = byAuthentication(etcdctl === undefined ? null : etcdctlCaller(etcdctl, endpoint.clientUrl));
  const connection: EtcdCaller = { call: (...asked) => driver.call(shared, ...asked) };

  async function memberList() {
    const answer = await connection.call('cluster/member/list', { linearizable: true }, readMs);
    return listFrom(answer.members).map(memberFrom);
  }

  const head = () => readStatus(connection, readMs);

  /** On its own connection: on the shared one, every observation of this member would wait for the answer. */
  async function patiently(path: string, body: JsonObject, { deadlineMs, signal }: Patience): Promise<JsonObject> {
    const own = gatewayConnection(endpoint.clientUrl, endpoint.trust, endpoint.credential);
    try {
      return await driver.call(own, path, body, deadlineMs, signal);
    } finally {
      await own.close();
    }
  }

  /** The call that each observation makes, too: so the driver returns to the gateway once authentication is off. */
  async function requireOff(): Promise<void> {
    await memberList();
    if (driver.known().on) throw new AuthenticationRefused(reason('authentication_is', { on: true }));
  }

  async function disarm(kind: 'NOSPACE' | 'CORRUPT', patience: Patience): Promise<number> {
    const { alarms } = await patiently('maintenance/alarm', { action: 'GET' }, patience);
    const raised = listFrom(alarms)
      .map(objectFrom)
      .filter(({ alarm }) => alarm === kind);
    for (const { memberID } of raised)
      await patiently('maintenance/alarm', { action: 'DEACTIVATE', memberID, alarm: kind }, patience);
    return raised.length;
  }

  return {
    async report() {
      const before = await readStatus(connection, readMs).catch(() => null);
      if (before === null) return null;
      const healthy = await readHealth(endpoint.metricsUrl, healthPath(before.alarms), readMs);
      return await reportFrom(before, healthy);
    },
    clusterVersion: async () => clusterVersionIn((await shared.get('/version', readMs)) ?? ''),
    quorumRead: () => readQuorum(endpoint.metricsUrl, readMs),
    authentication: driver.known,
    async figures() {
      const text = await readMetrics(endpoint.metricsUrl, readMs);
      if (text === null) return null;
      const walFsync = readHistogram(text, 'etcd_disk_wal_fsync_duration_seconds');
      return {
        walFsync,
        hashCheck: readFeatureGate(text, 'CompactHashCheck'),
        leaderlessVersion: readLeaderlessVersion(text),
      };
    },
    memberList,
    async addLearner(peerUrl) {
      const answer = await connection.call('cluster/member/add', { peerURLs: [peerUrl], isLearner: true }, changeMs);
      return idFrom(objectFrom(answer.member).ID);
    },
    async promote(memberId) {
      await connection.call('cluster/member/promote', { ID: idTo(memberId) }, changeMs);
    },
    async remove(memberId) {
      await connection.call('cluster/member/remove', { ID: idTo(memberId) }, changeMs);
    },
    async moveLeader(to) {
      await connection.call('maintenance/transfer-leadership', { targetID: idTo(to) }, changeMs);
    },
    async downgrade(to, patience) {
      const ask = (body: JsonObject) => patiently('maintenance/downgrade', body, patience);
      if (to === null) {
        const cancel = () => ask({ action: 'CANCEL' }).catch(unlessNoDowngrade);
        // etcd 3.5 does it, and then answers that the request timed out.
        await cancel().catch(cancel);
        return;
      }
      const { enabled, targetVersion } = (await head()).downgradeInfo ?? {};
      if (enabled === true && targetVersion !== undefined && isOfMinor(targetVersion, to)) return;
      await ask({ action: 'VALIDATE', version: to });
      await ask({ action: 'ENABLE', version: to });
    },
    head,
    async *snapshot(signal) {
      const { dbSizeBytes } = await head();
      if (etcdctl === undefined || !driver.known().on) yield* snapshotStream(endpoint, signal);
      else yield* etcdctlSnapshot(etcdctl, endpoint.clientUrl, dbSizeBytes, signal);
    },
    async compact(revision, patience) {
      try {
        await patiently('kv/compaction', { revision: String(revision), physical: true }, patience);
      } catch (error) {
        // etcd gives this answer only after all earlier work in this member's database has ended.
        if (!(error instanceof EtcdError && /has been compacted/.test(error.message))) throw error;
      }
    },
    async defragment(patience) {
      await patiently('maintenance/defragment', {}, patience);
    },
    disarmNoSpace: (patience) => disarm('NOSPACE', patience),
    disarmCorrupt: (patience) => disarm('CORRUPT', patience),
    async hashKeys(revision, patience) {
      // Without a revision etcd never answers with a hash from an earlier compaction.
      const newest = hashFrom(await patiently('maintenance/hashkv', {}, patience));
      if (newest.revision === revision) return newest;
      const answer = await patiently('maintenance/hashkv', { revision: String(revision) }, patience);
      return { ...hashFrom(answer), revision };
    },
    etcdctlObstacle: async () => (etcdctl === undefined ? reason('etcdctl_missing') : etcdctl.obstacle()),
    async prepareAuthentication(clients, patience) {
      await requireOff();
      await prepareAuthentication((path, body) => patiently(path, body, patience), clients);
    },
    async admitPicket(root, { deadlineMs, signal }) {
      if (etcdctl === undefined) throw new RefusedByAuthentication(reason('etcdctl_missing'));
      await admitPicket((...args) => etcdctl.run(endpoint.clientUrl, args, { deadlineMs, signal, as: root }));
    },
    async enableAuthentication(patience) {
      await requireOff();
      await patiently('auth/enable', {}, patience);
      // Through etcdctl now: it fails if etcd keeps this agent out.
      await memberList();
    },
    async disableAuthentication(patience) {
      await patiently('auth/disable', {}, patience);
    },
    close: () => shared.close(),
  };

  async function reportFrom(before: Status, healthy: boolean): Promise<EtcdReport> {
    const unlisted = { ...before, healthy, linearizableRead: false, members: null, membersAsOf: 0 };
    // A learner refuses the next calls, and a member without a leader would let them run into the deadline.
    if (before.isLearner || before.leader === '0') return unlisted;
    try {
      // The answer needs a majority's confirmation, so the call is itself a linearizable read. Reading a key instead
      // would add a warning to etcd's log each time, since the gateway's certificate has a common name.
      const members = await memberList();
      const after = await readStatus(connection, readMs);
      return { ...after, healthy, linearizableRead: true, members, membersAsOf: before.raftAppliedIndex };
    } catch {
      return unlisted;
    }
  }
}

/** So etcd 3.5 answers where later ones answer nothing. */
function unlessNoDowngrade(error: unknown): void {
  if (!(error instanceof EtcdError && /no inflight downgrade/.test(error.message))) throw error;
}

type Status = Omit<EtcdReport, 'healthy' | 'linearizableRead' | 'members' | 'membersAsOf'>;

async function readStatus(connection: EtcdCaller, deadlineMs: number): Promise<Status> {
  const status: JsonObject = await connection.call('maintenance/status', {}, deadlineMs);
  const header = objectFrom(status.header);
  return {
    clusterId: idFrom(header.cluster_id),
    memberId: idFrom(header.member_id),
    isLearner: status.isLearner === true,
    leader: idFrom(status.leader),
    raftTerm: countFrom(status.raftTerm),
    raftIndex: countFrom(status.raftIndex),
    raftAppliedIndex: countFrom(status.raftAppliedIndex),
    dbSizeBytes: countFrom(status.dbSize),
    dbSizeInUseBytes: countFrom(status.dbSizeInUse),
    revision: countFrom(header.revision),
    version: textFrom(status.version).slice(0, 64),
    alarms: alarmsFrom(status.errors).slice(0, 20),
    ...storageFrom(status),
  };
}

/** Calls a path of etcd's JSON gateway. */
type Call = (path: string, body: JsonObject) => Promise<JsonObject>;

/** See `EtcdGateway.prepareAuthentication`. Only while authentication is off. Doing it again changes nothing. */
async function prepareAuthentication(call: Call, clients: readonly string[]): Promise<void> {
  const { users } = await call('auth/user/list', {});
  const known = listFrom(users).map(textFrom);
  const likeServers = known.filter(isNamedLikeServer);
  if (likeServers.length > 0) throw new AuthenticationRefused(reason('users_like_servers', { users: likeServers }));
  const powerless: string[] = [];
  for (const client of clients) {
    if (!known.includes(client) || (await rolesOf(call, client)).length === 0) powerless.push(client);
  }
  if (powerless.length > 0) throw new AuthenticationRefused(reason('clients_without_role', { clients: powerless }));
  // etcd refuses to switch authentication on without its user root and that role.
  for (const name of [picketUser, rootUser]) {
    // Nobody can log in with a password that does not exist, only with a certificate.
    if (!known.includes(name)) await call('auth/user/add', { name, options: { no_password: true } });
    if (!(await rolesOf(call, name)).includes(rootUser)) await call('auth/user/grant', { user: name, role: rootUser });
  }
}

async function rolesOf(call: Call, name: string): Promise<readonly string[]> {
  return listFrom((await call('auth/user/get', { name })).roles).map(textFrom);
}
