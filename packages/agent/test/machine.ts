import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import type { Authority } from '@picket/shared/pki/authority.ts';
import { readCsr } from '@picket/shared/pki/csr.ts';
import { signCertificate } from '@picket/shared/pki/issue.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';
import type { CertificateRequest } from '@picket/shared/protocol/certificates.ts';
import type { DesiredState, MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { KeysHash } from '@picket/shared/protocol/maintenance.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import type { ProgramOrder } from '@picket/shared/protocol/releases.ts';
import type { EtcdReport, ListedMember, NodeStatus, ReportRequest } from '@picket/shared/protocol/report.ts';
import type { SnapshotEnd } from '@picket/shared/protocol/snapshots.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { Test } from 'tap';
import { said } from '../../../test/support/said.ts';
import { RemoteError } from '../src/coordinator/remote-error.ts';
import { type Authentication, EtcdError, type EtcdFigures, type EtcdGateway, type Patience } from '../src/etcd/etcd.ts';
import type { Histogram } from '../src/etcd/fsync-histogram.ts';
import type { ProofVerdict } from '../src/etcd/prove.ts';
import { writeFailure } from '../src/host/file-failure.ts';
import { hostFiles } from '../src/host/files/files.ts';
import type { Clock, EtcdUnit, Host, InitSystem, ServiceState } from '../src/host/host.ts';
import { beginJournal } from '../src/journal/journal-store.ts';
import type { AgentDeps } from '../src/loop/agent.ts';
import { maintenanceErrand } from '../src/maintenance/maintenance-errand.ts';
import { allPurposes as purposes } from '../src/model/managed-files.ts';
import type { Paths } from '../src/model/model.ts';
import { silentLog } from '../src/program/log.ts';
import type { ProgramCheck } from '../src/programs/program-check.ts';
import { snapshotErrand } from '../src/snapshots/snapshot-errand.ts';
import { authority } from './pki.ts';
import { confOf, desired, report } from './reconcile/samples.ts';
import { temporaryFolder } from './support.ts';

// Made before any test is declared: tap takes an await between two tests for the end of the file.
export const clientAuthority = await authority('the client CA');
export const peerAuthority = await authority('the peer CA');
export const otherAuthority = await authority('another CA');

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  wall = Date.now();
  up = 1_000_000;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }
  now(): number {
    return this.wall;
  }
  monotonic(): number {
    return this.up;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = {
        until: this.up + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake);
      if (signal?.aborted === true) sleeper.wake();
    });
  }
  advance(ms: number): void {
    this.wall += ms;
    this.up += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.until <= this.up) sleeper.wake();
  }
}

/** An init system whose etcd is a state; it records what was done to it. */
export class TestInit implements InitSystem {
  readonly name = 'systemd';
  service: ServiceState = { kind: 'absent' };
  /** The edits of somebody to the service's definition. */
  edited: string[] = [];
  /** Where its definition is. */
  definition = '/etc/init.d/etcd';
  /** The binary that its definition names; null before the first one. */
  binary: string | null = null;
  /** The file that the running etcd is. */
  runs: string | null = null;
  readonly acts: string[] = [];
  onStart: () => void = () => {};
  /** Only a driver without a supervisor reports an end. */
  onEnd?: (told: () => void) => void;

  async install(unit: EtcdUnit): Promise<boolean> {
    this.edited = [];
    this.binary = unit.binary;
    if (this.service.kind !== 'absent') return false;
    this.service = { kind: 'stopped' };
    return true;
  }
  async state(): Promise<ServiceState> {
    return this.service;
  }
  async altered({ binary }: EtcdUnit): Promise<readonly string[]> {
    return this.binary === null || this.binary === binary ? this.edited : [...this.edited, this.definition];
  }
  async start(): Promise<void> {
    this.acts.push('start');
    this.boots(1);
    this.onStart();
  }
  /** The init system starts what the definition names, without the agent. */
  boots(pid = 9): void {
    this.service = { kind: 'running', pid, restarts: 0 };
    this.runs = this.binary;
  }
  async stop(): Promise<void> {
    this.acts.push('stop');
    this.service = { kind: 'stopped' };
  }
  async lastLog(): Promise<readonly string[]> {
    return ['panic: at the disco'];
  }
}

/** The gateway of an etcd that answers as the test tells it to. */
export class TestEtcd implements EtcdGateway {
  answer: EtcdReport | null = report;
  members: ListedMember[] = [];
  /** Even if it answers nothing else. */
  answersReads = false;
  authenticationOn = false;
  fsyncs: Histogram | null = null;
  leaderlessVersion: string | null = null;
  pieces: Buffer[] = [];
  dbSizeBytes = 2_000_000;
  onCompact: () => Promise<void> = async () => {};
  onDefragment: (signal: AbortSignal) => Promise<void> = async () => {};
  readonly calls: string[] = [];
  refuse: Error | null = null;

  async report(): Promise<EtcdReport | null> {
    if (this.answer === null) return null;
    if (this.answer.isLearner) return { ...this.answer, healthy: false, linearizableRead: false, members: null };
    return { ...this.answer, members: this.members };
  }
  /** The version that it and its peers have agreed on. */
  agreed: string | null = null;
  async clusterVersion(): Promise<string | null> {
    return this.agreed;
  }
  async quorumRead(): Promise<boolean> {
    return this.answersReads;
  }
  authentication(): Authentication {
    const refused = this.authenticationOn && this.answer === null ? said('user name not found') : null;
    return { on: this.authenticationOn, refused, likeServers: [] };
  }
  async etcdctlObstacle(): Promise<null> {
    return null;
  }
  async figures(): Promise<EtcdFigures> {
    return { walFsync: this.fsyncs, hashCheck: null, leaderlessVersion: this.leaderlessVersion };
  }
  async memberList(): Promise<readonly ListedMember[]> {
    this.#refuseIfLearner();
    return this.members;
  }
  async addLearner(peerUrl: string): Promise<string> {
    this.#call(`add ${peerUrl}`);
    return 'c3';
  }
  async promote(memberId: string): Promise<void> {
    this.#call(`promote ${memberId}`);
  }
  async remove(memberId: string): Promise<void> {
    this.#call(`remove ${memberId}`);
  }
  async downgrade(to: string | null): Promise<void> {
    this.#call(`downgrade ${to}`);
  }
  async moveLeader(to: string): Promise<void> {
    this.#call(`lead ${to}`);
  }
  async head() {
    return { clusterId: report.clusterId, revision: 7, version: report.version, dbSizeBytes: this.dbSizeBytes };
  }
  async *snapshot(): AsyncGenerator<Buffer, void> {
    this.#call('snapshot');
    yield* this.pieces;
  }
  async compact(revision: number): Promise<void> {
    this.#call(`compact ${revision}`);
    await this.onCompact();
  }
  async defragment({ signal }: Patience): Promise<void> {
    this.#call('defragment');
    await this.onDefragment(signal);
    this.dbSizeBytes = 20_480;
  }
  async disarmNoSpace(): Promise<number> {
    this.#call('disarm');
    return 1;
  }
  async disarmCorrupt(): Promise<number> {
    this.#call('disarm CORRUPT');
    return 1;
  }
  async hashKeys(revision: number): Promise<KeysHash> {
    this.#call(`hash ${revision}`);
    return { hash: '00000007', revision, compactRevision: -1 };
  }
  async prepareAuthentication(clients: readonly string[]): Promise<void> {
    this.#call(`prepare authentication for ${clients.join(' ')}`);
  }
  onAdmit: (root: string) => Promise<void> = async () => {};
  async admitPicket(root: string): Promise<void> {
    this.#call('admit picket');
    await this.onAdmit(root);
  }
  async enableAuthentication(): Promise<void> {
    this.#call('enable authentication');
  }
  async disableAuthentication(): Promise<void> {
    this.#call('disable authentication');
  }
  async close(): Promise<void> {}

  #call(what: string): void {
    this.calls.push(what);
    if (what !== 'snapshot') this.#refuseIfLearner();
    if (this.refuse !== null) throw this.refuse;
  }

  /** As etcd 3.5: a learner answers only its status, a snapshot and reads that need no leader. */
  #refuseIfLearner(): void {
    if (this.answer?.isLearner === true) throw new EtcdError(14, 'etcdserver: rpc not supported for learner');
  }
}

const monthMs = 30 * 86_400_000;

/** The answer of a coordinator that was asked too often. */
export function tooMany(retryAfterSeconds: number): RemoteError {
  const details = { retryAfterSeconds };
  return new RemoteError(429, { code: 'too_many_requests', message: 'Too many.', hint: '', details });
}

/** A coordinator that offers one document at a time. */
export class TestCoordinator {
  away = false;
  /** It has evicted the node. */
  evicted = false;
  /** It answers with too many requests, and with this many seconds to wait. */
  busySeconds: number | null = null;
  refused = 0;
  /** How far its clock is ahead of the node's, in milliseconds. */
  aheadMs = 0;
  /** Its certificate has expired. */
  ended = false;
  document: DesiredState | null = null;
  asked = 0;
  readonly reports: ReportRequest[] = [];
  /** The parts of a snapshot that it has received, and how it ended. */
  readonly parts: Buffer[] = [];
  snapshotRefusal: Error | null = null;
  readonly ends: SnapshotEnd[] = [];
  /** From what data directories were made. */
  readonly restored: string[] = [];
  /** The node's status, put together from the reports. */
  status: NodeStatus | null = null;
  held = 0;
  everySeconds = 10;
  issuer: (purpose: LeafPurpose) => Authority = (purpose) => (purpose === 'peer' ? peerAuthority : clientAuthority);
  certificates = 0;
  #version = 0;
  #changed: () => void = () => {};
  readonly #clock: TestClock;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  offer(document: DesiredState): void {
    this.document = document;
    this.#version += 1;
    this.#changed();
  }

  async desiredState(etag: string | null, wait: number, signal?: AbortSignal) {
    this.asked += 1;
    const requestedAt = this.#clock.monotonic();
    this.#refuseIfAway();
    if (wait > 0 && (this.document === null || etag === String(this.#version))) {
      const changed = new AbortController();
      this.#changed = () => changed.abort();
      signal?.addEventListener('abort', this.#changed, { once: true });
      await this.#clock.sleep(wait * 1000, changed.signal);
      this.#refuseIfAway();
    }
    signal?.throwIfAborted();
    const told = { requestedAt, date: this.now() };
    if (this.document === null || etag === String(this.#version)) return { kind: 'unchanged', ...told } as const;
    return { kind: 'changed', document: this.document, etag: String(this.#version), ...told } as const;
  }

  async certificate({ purpose, csr }: CertificateRequest) {
    this.certificates += 1;
    this.#refuseIfAway();
    const isRoot = purpose === 'root';
    const wanted = isRoot
      ? { commonName: 'root', sans: [] }
      : this.document?.certificates.find((one) => one.purpose === purpose);
    if (purpose === 'identity' || wanted === undefined) throw failure('purpose_not_wanted', { purpose });
    const issued = signCertificate({
      issuer: this.issuer(isRoot ? 'admin' : purpose),
      subject: { commonName: wanted.commonName },
      publicKey: readCsr(csr).publicKey,
      sans: wanted.sans,
      usage: isRoot ? 'admin' : purpose,
      notBefore: new Date(this.#clock.now() - 60_000),
      notAfter: new Date(this.#clock.now() + 365 * 86_400_000),
      serial: randomSerial(),
    });
    return { certificate: issued.pem };
  }

  now(): number {
    return this.#clock.now() + this.aheadMs;
  }

  async snapshotPart(_id: string, offset: number, octets: Uint8Array) {
    this.#refuseIfAway();
    if (this.snapshotRefusal !== null) throw this.snapshotRefusal;
    this.parts.push(Buffer.from(octets));
    return { receivedBytes: offset + octets.length };
  }

  async snapshotEnd(_id: string, end: SnapshotEnd) {
    this.ends.push(end);
    return { receivedBytes: end.sizeBytes };
  }

  async report(request: ReportRequest) {
    this.#refuseIfAway();
    return this.takeReport(request);
  }

  takeReport(request: ReportRequest) {
    if (request.basis !== null && request.basis !== this.held) throw failure('report_basis_unknown', {});
    this.reports.push(request);
    this.held = request.sequence;
    this.status = { ...(request.basis === null ? null : this.status), ...request.changed } as NodeStatus;
    return { everySeconds: this.everySeconds, now: new Date(this.now()).toISOString(), waitsFor: [] };
  }

  #refuseIfAway(): void {
    if (this.away)
      throw failure('coordinator_unreachable', { url: 'https://coordinator', reason: 'it is unreachable' });
    if (this.evicted) throw new RemoteError(403, { code: 'node_evicted', message: 'Evicted.', hint: '', details: {} });
    if (this.busySeconds !== null) {
      this.refused += 1;
      throw tooMany(this.busySeconds);
    }
    if (Math.abs(this.aheadMs) < monthMs && !this.ended) return;
    // The node's view in TLS.
    const code = this.aheadMs > 0 ? 'CERT_NOT_YET_VALID' : 'CERT_HAS_EXPIRED';
    const cause = Object.assign(new Error(code), { code });
    throw failure('coordinator_unreachable', { url: 'https://coordinator', reason: code }, { cause });
  }
}

/** A machine with real files below a folder of the test, and everything else simulated. */
export interface TestMachine {
  readonly deps: AgentDeps & { readonly programCheck: Pick<ProgramCheck, 'look'> };
  readonly paths: Paths;
  readonly clock: TestClock;
  readonly init: TestInit;
  readonly etcd: TestEtcd;
  readonly coordinator: TestCoordinator;
  readonly probed: string[];
  /** Client URLs of former voters that were asked for a read, and those that answer one. */
  readonly asked: string[];
  readonly former: Set<string>;
  /** The cluster version by the voters that answer, by client URL. */
  readonly clusterVersions: Map<string, string>;
  /** Why the other members are not healthy, by peer URL. */
  readonly ailing: Map<string, string>;
  /** Etcd's verdict on a renewed certificate; it accepts each that is not named here. */
  readonly verdicts: Map<LeafPurpose, ProofVerdict>;
  /** Failpoints at which the agent "dies": it throws, and nothing after it happens. */
  readonly deadly: Set<string>;
  /** The etcd of the system's package; without a version, there is none. */
  readonly installed: { version: string | null; fingerprint: string };
  /** The releases that are whole on this machine, by the hash of their etcd. */
  readonly fetched: Set<string>;
  /** The versions of releases other than the wanted one that the keeper was told to keep for the way back. */
  readonly returnsTo: string[];
  /** Files for which there is no room on the disk. */
  readonly noRoomFor: Set<string>;
  desired(change?: Partial<MemberState>): MemberState;
  etcdWanted(incarnation?: string, heartbeatIntervalMs?: number): NonNullable<MemberState['etcd']>;
}

export class Killed extends Error {}

export async function testMachine(t: Test): Promise<TestMachine> {
  const folder = temporaryFolder(t);
  const stateDir = join(folder, 'picket');
  const paths: Paths = {
    etcDir: join(folder, 'etc'),
    stateDir,
    dataRoot: join(stateDir, 'etcd'),
    logFile: join(folder, 'etcd.log'),
    profile: join(folder, 'profile.d/etcdctl.sh'),
  };
  const files = hostFiles();
  const noRoomFor = new Set<string>();
  const { writeWhole, rehearseWhole } = files;
  const needRoom = (path: string): void => {
    if (noRoomFor.has(basename(path))) throw writeFailure(path, Object.assign(new Error(), { code: 'ENOSPC' }));
  };
  files.writeWhole = async (file) => {
    needRoom(file.path);
    await writeWhole(file);
  };
  files.rehearseWhole = async (file) => {
    needRoom(file.path);
    await rehearseWhole(file);
  };
  mkdirSync(stateDir);
  await beginJournal(files, stateDir);
  const clock = new TestClock();
  const init = new TestInit();
  init.definition = join(folder, 'init.d/etcd');
  const etcd = new TestEtcd();
  const coordinator = new TestCoordinator(clock);
  const probed: string[] = [];
  const asked: string[] = [];
  const former = new Set<string>();
  const clusterVersions = new Map<string, string>();
  const ailing = new Map<string, string>();
  const verdicts = new Map<LeafPurpose, ProofVerdict>();
  const deadly = new Set<string>();
  const installed: TestMachine['installed'] = { version: report.version, fingerprint: '1:2:3:4:5' };
  const fetched = new Set<string>();
  const returnsTo: string[] = [];
  const releaseProblem = (order: ProgramOrder | undefined) => {
    const sha256 = order?.programs?.[0]?.sha256 ?? '';
    return order === undefined || fetched.has(sha256) ? null : reason('release_to_fetch', { version: order.version });
  };
  const host: Host = {
    files,
    init,
    clock,
    boot: 'boot1',
    isShuttingDown: async () => false,
    etcdFile: async () => init.runs,
    network: { hostname: 'x-k3s-m-1', addresses: () => ['192.168.7.11'], portFree: async () => ({ free: true }) },
  };
  const trust = {
    control: 'the control bundle',
    client: clientAuthority.certificate.pem,
    peer: peerAuthority.certificate.pem,
  };
  const etcdWanted: TestMachine['etcdWanted'] = (incarnation = 'incarnation1', heartbeatIntervalMs = 500) => ({
    incarnation,
    initialClusterState: 'existing',
    conf: confOf({ incarnation, at: paths, change: { heartbeatIntervalMs } }),
  });
  return {
    paths,
    clock,
    init,
    etcd,
    coordinator,
    probed,
    asked,
    former,
    clusterVersions,
    ailing,
    verdicts,
    deadly,
    installed,
    fetched,
    returnsTo,
    noRoomFor,
    etcdWanted,
    desired: (change = {}) => desired({ trust, etcd: etcdWanted(), ...change }),
    deps: {
      host,
      paths,
      unit: {
        binary: '/usr/bin/etcd',
        confFile: join(paths.etcDir, 'conf.yml'),
        logFile: paths.logFile,
        consoleFile: join(folder, 'etcd-console.log'),
        owner: null,
        guard: { script: join(stateDir, 'etcd-guard'), dataRoot: paths.dataRoot },
      },
      purposes,
      etcdOwner: null,
      coordinator,
      undated: {
        async time() {
          if (coordinator.away)
            throw failure('coordinator_unreachable', { url: 'https://coordinator', reason: 'away' });
          return Math.floor(coordinator.now() / 1000) * 1000;
        },
        report: async (request) => coordinator.takeReport(request),
      },
      connectEtcd: () => etcd,
      async probe({ peerUrl }) {
        probed.push(peerUrl);
        const ailment = ailing.get(peerUrl);
        return ailment === undefined ? null : said(ailment);
      },
      async askFormer(clientUrl) {
        asked.push(clientUrl);
        return former.has(clientUrl);
      },
      askClusterVersion: async (clientUrl) => clusterVersions.get(clientUrl) ?? null,
      snapshots: snapshotErrand(coordinator, silentLog),
      maintenance: maintenanceErrand(clock, silentLog),
      async restoreSnapshot({ snapshot }, { folder, name, peerUrl, token }) {
        coordinator.restored.push([snapshot, name, peerUrl, token].join(' '));
        mkdirSync(join(folder, 'member/wal'), { recursive: true });
        writeFileSync(join(folder, 'member/wal/0.wal'), '');
      },
      restoreTool: async () => ({ installed: 'etcdutl', obstacle: null }),
      prove: async ({ purpose }) => verdicts.get(purpose) ?? { kind: 'proven' },
      readings: { disk: async () => null, memory: async () => null, temperature: async () => null },
      async installedEtcd(binary) {
        if (binary === '/usr/bin/etcd')
          return installed.version === null ? null : { version: installed.version, fingerprint: installed.fingerprint };
        const folder = basename(dirname(binary));
        const sha256 = [...fetched].find((one) => folder.endsWith(one.slice(0, 12)));
        const version = folder.split('-')[0] ?? '';
        return sha256 === undefined ? null : { version, fingerprint: sha256 };
      },
      programs: {
        async tend(order, _inUse, lastGood) {
          if (lastGood !== undefined && lastGood.version !== order?.version) returnsTo.push(lastGood.version);
          return releaseProblem(order);
        },
        stop: async () => {},
      },
      programCheck: { look: async (order) => ({ why: releaseProblem(order), toFetch: false }) },
      etcdRemedy: async (minor) => `install etcd ${minor}`,
      trustControl: async () => {},
      identity: null,
      reportSeconds: null,
      version: '0.1.0',
      buildTime: 0,
      random: () => 1,
      failpoint(name) {
        if (deadly.has(name)) throw new Killed(name);
      },
      log: silentLog,
    },
  };
}
