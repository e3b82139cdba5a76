import { areNeighbours, byVersion, isEarlierMinor, isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import { breaksByRelease, releaseWith } from './releases-model.ts';

/**
 * As much of etcd as membership needs: a replicated log that is only counted, leaders by quorum, learners, and the
 * refusals that were seen of etcd 3.5. What it must never show goes to `violate`, as etcd itself would not tell.
 */
export interface DataDir {
  readonly node: string;
  readonly incarnation: string;
  cluster: Cluster | null;
  memberId: string | null;
  /** The last log entry on this disk. */
  index: number;
  /** The minor version of etcd that ran on it last; null before that (R17). */
  minor: string | null;
  /**
   * Members that the store on this disk records as learners, though they were promoted: an etcd before 3.5.20 records it so. An etcd of
   * 3.6 or later does not start with such a record.
   */
  readonly stale: Set<string>;
  /** The minor version of the format of its data; an earlier etcd does not start with it. */
  format: string | null;
  /** The log entry of its newest raft snapshot: an etcd that starts reads the log from there. */
  snapshot: number;
  /** Members that have written their own record since, in entries that this disk does not have yet. */
  readonly unread: Set<string>;
}

export interface EtcdMember {
  readonly id: string;
  readonly peerUrl: string;
  name: string;
  isLearner: boolean;
  dir: DataDir | null;
}

export interface Cluster {
  readonly id: string;
  readonly token: string;
  /** etcd's cluster version: no etcd of an earlier minor version starts with its data. */
  minor: string;
  /** When that has risen. */
  risenAt: number;
  /** The minor version to which etcd's own downgrade goes; null: none is under way. */
  target: string | null;
  /** When that was ordered. */
  orderedAt: number;
  /** The last log entry that an etcd 3.5 wrote, as 3.7 cannot read it. */
  lastOf35: number;
  members: EtcdMember[];
  /** The last committed log entry: each write here was acknowledged to somebody. */
  commit: number;
  leader: string | null;
  mostVoters: number;
}

export interface Process {
  readonly dir: DataDir;
  readonly startedAt: number;
  readonly tuning: number;
  readonly snapshotCount: number;
  readonly binary: Binary;
  /** It has written its member's own record, which it does once after each start. */
  isRecorded: boolean;
}

/** An etcd as it is installed. */
export interface Binary {
  /** Tells one installation from the next. */
  readonly number: number;
  readonly version: string;
}

export interface EtcdConf {
  readonly incarnation: string;
  readonly state: 'new' | 'existing';
  readonly token: string;
  readonly peerUrls: readonly string[];
  readonly tuning: number;
  /** After so many log entries etcd writes a raft snapshot. */
  readonly snapshotCount: number;
  /** The release that runs; null: the package. */
  readonly release: string | null;
  /** What the cluster runs, as far as the coordinator knows: nothing that etcd itself looks at. */
  readonly minor: string | null;
  /** By an operator's order, this incarnation goes from this minor version to `minor` (R17); null without one. */
  readonly from: string | null;
}

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };
export type Violate = (rule: string, what: string) => void;

const done: Outcome = { ok: true };
const refused = (reason: string): Outcome => ({ ok: false, reason });

const syncAfter = 2_000;
const steadyAfter = 5_000;
/** After the last start of a listed member; seen were 0.5 to 3.5 s. */
const raisesAfter = 2_000;
/** After the last start of a member with the earlier version. */
const endsAfter = 5_000;
/** So long an answer that the cluster version has not risen may be old, when an earlier etcd is started by it. */
const risesWithin = 15_000;
/** The first etcd that records a promotion in its store, and the first that an upgrade to 3.6 may begin from (etcd-io/etcd 19557, 20967). */
const promotesRightly = '3.5.20';
const recordsRightly = '3.5.26';

export class EtcdModel {
  readonly clusters: Cluster[] = [];
  /** The running etcd of each node. */
  readonly processes = new Map<string, Process>();
  /** Nodes whose etcd gets no new entries: a disk or network too slow to follow. */
  readonly slow = new Set<string>();
  /** Settings that etcd cannot run with, or whose release cannot run, though they look right: a port that is taken, a value that it chokes on. */
  readonly unrunnable = new Set<number>();
  readonly #urls: ReadonlyMap<string, string>;
  readonly #violate: Violate;
  /** Whether an operator has ended the incarnation of this voter, and has forced it as one of two; null: nobody has. */
  mayLeave: (memberId: string) => { readonly force: boolean } | null = () => null;
  /** Whether an operator has ordered that this incarnation runs this minor version, and the order has reached its node (R17). */
  isOrdered: (incarnation: string, minor: string) => boolean = () => false;
  /** Versions of etcd that look right and never serve. */
  readonly brokenVersions = new Set<string>();
  /** Called just before a member founds a cluster. */
  founded: (token: string) => void = () => undefined;
  #ids = 0;
  now = 0;

  constructor(urls: ReadonlyMap<string, string>, violate: Violate) {
    this.#urls = urls;
    this.#violate = violate;
  }

  start(node: string, dir: DataDir, conf: EtcdConf, binary: Binary): Outcome {
    const url = this.#urls.get(node) ?? '';
    const minor = minorOf(binary.version);
    this.#judgeStart(node, dir, minor);
    if (dir.cluster !== null && isEarlierMinor(minor, dir.cluster.minor))
      return refused('invalid downgrade; server version is lower than determined cluster version');
    dir.minor = minor;
    if (this.#breaks(conf.tuning, binary)) return refused('it cannot run with its settings');
    if (dir.cluster === null) {
      const failed = conf.state === 'new' ? this.#found(url, dir, conf, minor) : this.#join(url, dir, conf);
      if (failed !== null) return refused(failed);
    }
    const member = dir.cluster?.members.find(({ id }) => id === dir.memberId);
    if (dir.cluster !== null && dir.cluster.minor !== minor && !this.isOrdered(dir.incarnation, minor))
      this.#violate('R17', `${node} starts etcd ${minor} in a cluster of etcd ${dir.cluster.minor}`);
    if (member === undefined) return refused('the member has been permanently removed from the cluster');
    if (member.dir !== null && member.dir !== dir) {
      this.#violate('R4', `member ${member.id} of ${node} ran in ${member.dir.incarnation}, now in ${dir.incarnation}`);
    }
    member.dir = dir;
    this.processes.set(node, {
      ...{
        dir,
        startedAt: this.now,
        tuning: conf.tuning,
        snapshotCount: conf.snapshotCount,
        binary,
        isRecorded: false,
      },
    });
    this.settle();
    return done;
  }

  /** What no agent and no coordinator may let happen, and what kills an etcd. */
  #judgeStart(node: string, dir: DataDir, minor: string): void {
    const starts = `${node} starts etcd ${minor}`;
    if (dir.minor === null || dir.minor === minor) return;
    if (!this.isOrdered(dir.incarnation, minor))
      this.#violate('R17', `${starts} on data of etcd ${dir.minor}, and no order says so`);
    if (!areNeighbours(dir.minor, minor)) this.#violate('R17', `${starts} on data of etcd ${dir.minor}`);
    const { cluster } = dir;
    if (isEarlierMinor(dir.minor, minor) && dir.stale.size > 0)
      this.#violate('R17', `${starts}, whose store records ${[...dir.stale].join()} as learners`);
    if (cluster !== null && !isEarlierMinor(minor, '3.7') && cluster.lastOf35 > dir.snapshot)
      this.#violate(
        'R17',
        `${starts} on the entry ${cluster.lastOf35} of etcd 3.5, after its snapshot ${dir.snapshot}`,
      );
    if (dir.format !== null && isEarlierMinor(minor, dir.format) && cluster?.minor !== dir.format)
      this.#violate('R17', `${starts} on data in the format of etcd ${dir.format}`);
    if (cluster !== null && isEarlierMinor(minor, cluster.minor) && this.now - cluster.risenAt > risesWithin)
      this.#violate('R17', `${starts}, and the cluster version has risen to ${cluster.minor} long ago`);
  }

  #breaks(tuning: number, { version }: Binary): boolean {
    return this.brokenVersions.has(version) || this.isUnrunnable(tuning, version);
  }

  /** Whether an etcd of this version cannot run with these settings; null: that of the package. */
  isUnrunnable(tuning: number, version: string | null): boolean {
    return this.unrunnable.has(tuning) && (!breaksByRelease(tuning) || version === releaseWith(tuning));
  }

  #found(url: string, dir: DataDir, { token }: EtcdConf, minor: string): string | null {
    const id = `c${token}`;
    if (this.clusters.some((cluster) => cluster.id === id)) {
      this.#violate('R1', `a second member founded the cluster of the token ${token}`);
    }
    this.founded(token);
    const member: EtcdMember = { id: this.#newId(), peerUrl: url, name: dir.node, isLearner: false, dir: null };
    const cluster: Cluster = {
      ...{
        id,
        token,
        minor,
        risenAt: this.now,
        target: null,
        orderedAt: 0,
        lastOf35: 0,
        members: [member],
        commit: 1,
        leader: null,
        mostVoters: 1,
      },
    };
    this.clusters.push(cluster);
    Object.assign(dir, { cluster, memberId: member.id, index: 1 });
    return null;
  }

  /** An empty member asks its peers who it is, by its URL: token and incarnation play no part in it. */
  #join(url: string, dir: DataDir, { peerUrls }: EtcdConf): string | null {
    for (const [node, peerUrl] of this.#urls) {
      const cluster = this.processes.get(node)?.dir.cluster;
      if (peerUrl === url || !peerUrls.includes(peerUrl) || !cluster) continue;
      const member = cluster.members.find((one) => one.peerUrl === url);
      if (member === undefined) continue;
      member.name = dir.node;
      Object.assign(dir, { cluster, memberId: member.id, index: 0 });
      const source = cluster.members.find(({ id }) => id === cluster.leader)?.dir ?? null;
      for (const id of source?.stale ?? []) dir.stale.add(id);
      return null;
    }
    return 'error validating peerURLs: member count is unequal';
  }

  stop(node: string): void {
    this.processes.delete(node);
    this.settle();
  }

  /** Elections and catching up, as far as they have come by now. */
  settle(): void {
    for (const cluster of this.clusters) {
      const voters = cluster.members.filter(({ isLearner }) => !isLearner);
      cluster.mostVoters = Math.max(cluster.mostVoters, voters.length);
      const up = voters.filter((voter) => this.processOf(voter) !== null);
      const quorum = Math.floor(voters.length / 2) + 1;
      if (up.length < quorum) {
        cluster.leader = null;
        continue;
      }
      if (!up.some(({ id }) => id === cluster.leader)) {
        const best = up.reduce((one, other) => ((other.dir?.index ?? 0) > (one.dir?.index ?? 0) ? other : one));
        if ((best.dir?.index ?? 0) < cluster.commit) {
          this.#violate('R1', `acknowledged writes of ${cluster.id} are lost: ${best.name} leads without them`);
        }
        cluster.leader = best.id;
      }
      for (const member of cluster.members) this.#record(cluster, member);
      for (const member of cluster.members) {
        const process = this.processOf(member);
        if (process === null || this.slow.has(process.dir.node)) continue;
        if (!this.#isInSync(cluster, member, process)) continue;
        process.dir.index = cluster.commit;
        read(process, cluster);
        if (cluster.commit - process.dir.snapshot > process.snapshotCount) process.dir.snapshot = cluster.commit;
      }
      this.#move(cluster);
      this.#format(cluster);
    }
  }

  /** The data of each member that keeps up follows the cluster version. */
  #format(cluster: Cluster): void {
    for (const member of cluster.members) {
      const process = this.processOf(member);
      if (process === null || process.dir.index !== cluster.commit || this.slow.has(process.dir.node)) continue;
      if (this.now - Math.max(cluster.risenAt, process.startedAt) >= raisesAfter) process.dir.format = cluster.minor;
    }
  }

  /** etcd's own downgrade lowers the cluster version, and ends some time after every member runs the earlier version. */
  #move(cluster: Cluster): void {
    const { target } = cluster;
    if (target === null) {
      this.#raise(cluster);
      return;
    }
    if (cluster.minor !== target) {
      if (this.now - cluster.orderedAt < raisesAfter) return;
      cluster.minor = target;
      cluster.risenAt = this.now;
      return;
    }
    const isThere = cluster.members.every((member) => {
      const process = this.processOf(member);
      return process !== null && this.now - process.startedAt >= endsAfter && isOfMinor(process.binary.version, target);
    });
    if (isThere) cluster.target = null;
  }

  /** The order for etcd's own downgrade to this minor version, and for its end; null. */
  downgrade(cluster: Cluster, to: string | null): Outcome {
    if (cluster.leader === null) return refused('etcdserver: no leader');
    if (to !== null && cluster.target !== null) return refused('cluster has a downgrade job in progress');
    if (to !== null && !(areNeighbours(to, cluster.minor) && isEarlierMinor(to, cluster.minor)))
      return refused('invalid downgrade target version');
    return this.#change(cluster, () => {
      cluster.target = to;
      cluster.orderedAt = this.now;
    });
  }

  #isInSync({ leader }: Cluster, { id }: EtcdMember, { startedAt }: Process): boolean {
    return id === leader || this.now - startedAt >= syncAfter;
  }

  /** After each start a member writes its own record, which each member reads with the log. */
  #record(cluster: Cluster, member: EtcdMember): void {
    const process = this.processOf(member);
    if (process === null || process.isRecorded || !this.#isInSync(cluster, member, process)) return;
    const reached = cluster.members.filter((one) => {
      const its = this.processOf(one);
      if (its === null) return false;
      return one.id === cluster.leader || (!this.slow.has(its.dir.node) && this.#isInSync(cluster, one, its));
    });
    const voters = cluster.members.filter(({ isLearner }) => !isLearner).length;
    if (reached.filter(({ isLearner }) => !isLearner).length <= voters / 2) return;
    process.isRecorded = true;
    cluster.commit += 1;
    if (isEarlierMinor(minorOf(process.binary.version), '3.6')) cluster.lastOf35 = cluster.commit;
    for (const { dir } of cluster.members) dir?.unread.add(member.id);
    for (const { dir } of reached) if (dir !== null) dir.index = cluster.commit;
  }

  /** etcd's leader raises the cluster version soon after every listed member answers with a later minor version. */
  #raise(cluster: Cluster): void {
    const minors = cluster.members.map((member) => {
      const process = this.processOf(member);
      return process === null || this.now - process.startedAt < raisesAfter ? null : minorOf(process.binary.version);
    });
    const [first] = minors;
    if (first == null || !minors.every((minor) => minor !== null && isEarlierMinor(cluster.minor, minor))) return;
    cluster.minor = minors.reduce<string>(
      (one, other) => (other !== null && isEarlierMinor(other, one) ? other : one),
      first,
    );
    cluster.risenAt = this.now;
  }

  processOf(member: EtcdMember): Process | null {
    if (member.dir === null) return null;
    const process = this.processes.get(member.dir.node);
    return process?.dir === member.dir ? process : null;
  }

  /** A canary: returns whether it was acknowledged. `skip` is a node that the write reaches only later. */
  write(cluster: Cluster, skip: string | null): boolean {
    if (cluster.leader === null) return false;
    const reached = cluster.members.filter((member) => {
      const process = this.processOf(member);
      if (process === null) return false;
      return member.id === cluster.leader || (process.dir.index === cluster.commit && process.dir.node !== skip);
    });
    const voters = cluster.members.filter(({ isLearner }) => !isLearner).length;
    if (reached.filter(({ isLearner }) => !isLearner).length <= voters / 2) return false;
    cluster.commit += 1;
    for (const { dir } of reached) if (dir !== null) dir.index = cluster.commit;
    return true;
  }

  addLearner(cluster: Cluster, peerUrl: string): Outcome {
    if (cluster.members.some((member) => member.peerUrl === peerUrl)) return done;
    if (cluster.members.some(({ isLearner }) => isLearner)) return refused('too many learner members in cluster');
    const unsteady = cluster.members.some((member) => {
      const process = this.processOf(member);
      return process === null || this.now - process.startedAt < steadyAfter;
    });
    if (unsteady) return refused('unhealthy cluster');
    return this.#change(cluster, () => {
      cluster.members.push({ id: this.#newId(), peerUrl, name: '', isLearner: true, dir: null });
    });
  }

  promote(cluster: Cluster, memberId: string): Outcome {
    const member = cluster.members.find(({ id }) => id === memberId);
    if (member === undefined) return refused('member not found');
    if (!member.isLearner) return done;
    if (this.processOf(member) === null || member.dir?.index !== cluster.commit) {
      return refused('can only promote a learner member which is in sync with leader');
    }
    return this.#change(cluster, () => {
      member.isLearner = false;
      for (const { dir } of cluster.members) {
        const version = dir === null ? undefined : this.processes.get(dir.node)?.binary.version;
        if (version !== undefined && byVersion(version, promotesRightly) < 0) dir?.stale.add(member.id);
      }
    });
  }

  remove(cluster: Cluster, memberId: string): Outcome {
    const member = cluster.members.find(({ id }) => id === memberId);
    if (member === undefined) return done;
    if (!member.isLearner) {
      const unready = this.#judgeLeaving(cluster, member);
      if (unready !== null) return refused(unready);
    }
    const node = this.processOf(member)?.dir.node;
    const outcome = this.#change(cluster, () => {
      cluster.members = cluster.members.filter((one) => one !== member);
    });
    if (outcome.ok && node !== undefined) this.stop(node);
    return outcome;
  }

  /** With `strict-reconfig-check`; one that is down is taken out in any case, as far as there is a quorum for it. */
  #judgeLeaving(cluster: Cluster, member: EtcdMember): string | null {
    const who = `the voter ${member.name} (${member.id})`;
    const voters = cluster.members.filter(({ isLearner }) => !isLearner);
    const leave = this.mayLeave(member.id);
    if (leave === null) this.#violate('R3', `${who} is removed, and no operator has said so`);
    if (voters.length === 1) this.#violate('R3', `${who} is removed, which is the last`);
    if (voters.length === 2 && leave?.force !== true) this.#violate('R3', `${who} is removed, which is one of two`);
    if (this.processOf(member) === null) return null;
    const active = voters.filter((voter) => this.processOf(voter) !== null).length;
    return active - 1 < 1 + Math.floor((voters.length - 1) / 2) ? 'unhealthy cluster' : null;
  }

  #change(cluster: Cluster, change: () => void): Outcome {
    if (!this.write(cluster, null)) return refused('etcdserver: no leader');
    change();
    this.settle();
    return done;
  }

  #newId(): string {
    this.#ids += 1;
    return (0xa00 + this.#ids).toString(16);
  }
}

/** Only an etcd that reads a record rightly corrects a wrong one with it. Each drops that of a member that was removed. */
function read({ dir, binary }: Process, { members }: Cluster): void {
  for (const id of dir.stale) if (members.every((member) => member.id !== id)) dir.stale.delete(id);
  if (byVersion(binary.version, recordsRightly) >= 0) for (const id of dir.unread) dir.stale.delete(id);
  dir.unread.clear();
}
