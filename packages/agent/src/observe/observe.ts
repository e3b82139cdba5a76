import { PicketError } from '@picket/shared/errors.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { CredentialReader } from '../credentials/credential-state.ts';
import { formerPath } from '../credentials/former-credential.ts';
import type { EtcdGateway } from '../etcd/etcd.ts';
import type { EtcdUnit, Host } from '../host/host.ts';
import { readVersionRecord, type VersionRecord } from '../host/version-record.ts';
import { isInDoubt } from '../journal/journal.ts';
import { leftovers } from '../leaving/leftovers.ts';
import { type CoordinatorTime, clockDoubt } from '../model/clock-doubt.ts';
import { credentialPath, fileNames } from '../model/managed-files.ts';
import { type Accepted, type CredentialState, type CurrentState, memberStateOf, type Paths } from '../model/model.ts';
import { programAt, unitOf, unitOfProgram } from '../model/program.ts';
import { ailingSeeing, silenceSeeing } from '../model/serves.ts';
import { incarnationInQuestion, minorOfIncarnation, otherVersionHere } from '../model/version-guard.ts';
import { dataDirs } from './data-dirs.ts';
import type { InstalledEtcd } from './etcd-version.ts';
import type { LocalEtcd } from './local-etcd.ts';
import { portTaken } from './ports.ts';
import { raftSnapshotIndex } from './raft-snapshot-index.ts';
import { withLogFacts } from './with-log-facts.ts';

export interface ObserveDeps {
  readonly host: Host;
  readonly paths: Paths;
  /** With the binary of the package. */
  readonly unit: EtcdUnit;
  /** The certificates of this node; a client node ignores those of an etcd on the same machine (R13). */
  readonly purposes: readonly LeafPurpose[];
  readonly localEtcd: LocalEtcd;
  readonly readCredential: CredentialReader;
  /** Of the etcd at this path. */
  readonly installedEtcd: (binary: string) => Promise<InstalledEtcd | null>;
  /** The command that installs an etcd of this minor version here. */
  readonly etcdRemedy: (minor: string) => Promise<string>;
  /** See `etcdVersionReader`. */
  readonly etcdProblem?: ((binary: string) => AnyReason | null) | undefined;
  readonly buildTime: number;
}

/** What only the agent itself knows. */
interface Remembered
  extends Pick<CurrentState, 'journal' | 'pausedUntil' | 'unstarted' | 'unheld' | 'silence' | 'ailing'> {
  readonly coordinatorTime: CoordinatorTime | null;
  /** Why the release or package that the coordinator wants cannot be started here; null if it can. */
  readonly wantedEtcdProblem: AnyReason | null;
}

const logLines = 20;

/** Observes the machine and changes nothing. A bad file is a state, not an error. */
export async function observe(
  {
    host,
    paths,
    unit,
    purposes,
    localEtcd,
    readCredential,
    installedEtcd,
    etcdProblem,
    etcdRemedy,
    buildTime,
  }: ObserveDeps,
  accepted: Accepted | null,
  { coordinatorTime, wantedEtcdProblem, ...remembered }: Remembered,
): Promise<CurrentState> {
  const { journal, silence, ailing } = remembered;
  const document = accepted?.document ?? null;
  const wanted = memberStateOf(accepted);
  const { binary } = unitOf(unit, paths, wanted?.program);
  const names = fileNames(paths);
  const pemOf = async (purpose: LeafPurpose) =>
    purposes.includes(purpose) ? readIfPossible(host, credentialPath(paths, purpose)) : null;
  const [conf, clientBundle, peerBundle, profile, clientKeyLink, server, peer, client, admin, service, installed] =
    await Promise.all([
      readIfPossible(host, names.conf),
      readIfPossible(host, names.clientBundle),
      readIfPossible(host, names.peerBundle),
      readIfPossible(host, paths.profile),
      host.files.readLink(names.clientKeyLink).catch(nullIfRefused),
      pemOf('server'),
      pemOf('peer'),
      pemOf('client'),
      pemOf('admin'),
      host.init.state(),
      installedEtcd(binary),
    ]);
  const pems: Readonly<Record<LeafPurpose, string | null>> = { server, peer, client, admin };
  const bundles = {
    client: document?.trust.client ?? clientBundle ?? '',
    peer: wanted?.trust.peer ?? peerBundle ?? '',
  };
  const credential = (purpose: LeafPurpose): CredentialState =>
    readCredential(pems[purpose], purpose, purpose === 'peer' ? bundles.peer : bundles.client);
  const credentials = {
    server: credential('server'),
    peer: credential('peer'),
    client: credential('client'),
    admin: credential('admin'),
  };
  const running = service.kind === 'running';
  const incarnations = [wanted?.etcd?.incarnation, journal.startedWith?.incarnation].filter(
    (name) => name !== undefined,
  );
  const gateway =
    running && wanted !== null && credentials.client.kind === 'held'
      ? await localEtcd.gateway(wanted.member, wanted.trust.client, pems.client, conf)
      : null;
  const watchesRaft = wanted?.watchRaftSnapshots === true;
  // An unreadable log must not prevent the rest of the observation.
  const tail = () => host.init.lastLog(logLines).catch(() => []);
  const [file, folders, versionRecords, taken, alteredService, asked, endedWith, unproven] = await Promise.all([
    running ? host.etcdFile(service.pid, paths.stateDir) : null,
    dataDirs(host.files, paths.dataRoot, incarnations, journal.incarnations),
    readVersionRecords(host, paths, incarnations),
    running || wanted === null ? null : portTaken(host.network, wanted.member, wanted.etcd?.conf ?? ''),
    // Before the first start, the definition is that of a package, if there is one. After a start that was broken off it may name
    // what runs, and the next start writes it.
    journal.startedWith === null || isInDoubt(journal.startedWith)
      ? []
      : host.init.altered(unitOfProgram(unit, paths, journal.startedWith.program ?? null)),
    askEtcd(gateway, {
      isRelease: wanted?.program !== undefined,
      goesOn: wanted?.etcd?.from !== undefined || watchesRaft,
      raftSnapshotIndex: async () => (watchesRaft ? raftSnapshotOf(host, paths, journal) : null),
    }),
    service.kind === 'crashed' ? tail() : [],
    unprovenPurposes(host, paths, purposes),
  ]);
  const { etcd, quorumRead, leaderlessVersion, authentication, etcdctlReady } = asked;
  const comesBack = running && service.restarts > 0 && etcd === null && !quorumRead;
  const lastLog = comesBack ? await tail() : endedWith;
  const etcdVersion = installed?.version ?? null;
  const packaged = binary === unit.binary ? installed : await installedEtcd(unit.binary);
  const known = { journal, service, etcd, versionRecords };
  const incarnation = incarnationInQuestion(accepted, known);
  const minor = incarnation === null ? null : minorOfIncarnation(incarnation, known, wanted?.etcd ?? null);
  const fits = etcdVersion !== null && otherVersionHere(accepted, { ...known, etcdVersion }) === null;
  const texts = {
    [names.conf]: conf,
    [names.clientBundle]: clientBundle,
    [names.peerBundle]: peerBundle,
    [paths.profile]: profile,
  };
  const now = host.clock.now();
  const monotonic = host.clock.monotonic();
  return {
    ...remembered,
    now,
    monotonic,
    clockDoubt: clockDoubt({ now, monotonic, buildTime, floor: journal.clockFloor, coordinator: coordinatorTime }),
    timeKnown: coordinatorTime !== null,
    etcdVersion,
    etcdFingerprint: installed?.fingerprint ?? null,
    packageVersion: packaged?.version ?? null,
    versionRecords,
    etcdRemedy: minor === null || fits ? null : await etcdRemedy(minor),
    etcdProblem: etcdVersion === null ? (wantedEtcdProblem ?? etcdProblem?.(binary) ?? null) : null,
    credentials,
    files: texts,
    clientKeyLink,
    service,
    runs: file === null ? null : { program: programAt(file, paths.stateDir) },
    alteredService,
    boot: host.boot,
    lastLog,
    dataDirs: folders,
    portTaken: taken,
    etcd,
    quorumRead,
    leaderlessVersion,
    authentication,
    etcdctlReady,
    silence: silenceSeeing(silence, { service, etcd, quorumRead, monotonic }),
    ailing: await withLogFacts(ailingSeeing(ailing, { service, etcd, quorumRead, monotonic }), host),
    unproven,
    leftovers:
      wanted?.letGo === true ? await leftovers(host.files, paths, journal, texts) : { files: [], incarnations: [] },
  };
}

type Asked = Pick<CurrentState, 'etcd' | 'quorumRead' | 'leaderlessVersion' | 'authentication' | 'etcdctlReady'>;

interface AskedOfEtcd {
  readonly isRelease: boolean;
  readonly goesOn: boolean;
  readonly raftSnapshotIndex: () => Promise<number | null>;
}

/** Of the incarnation that runs. */
async function raftSnapshotOf({ files }: Host, { dataRoot }: Paths, { startedWith }: CurrentState['journal']) {
  return startedWith === null ? null : raftSnapshotIndex(files, `${dataRoot}/${startedWith.incarnation}`);
}

/**
 * A member that answers and sees no leader cannot read anything: the call would only time out.
 *
 * @param wanted whether a release is in force, whose version matters before it serves; whether an upgrade needs its cluster version, which
 *   is asked for first; and what tells the index of its newest raft snapshot
 */
async function askEtcd(
  gateway: EtcdGateway | null,
  { isRelease, goesOn, raftSnapshotIndex }: AskedOfEtcd,
): Promise<Asked> {
  const clusterVersion = goesOn ? await gateway?.clusterVersion() : null;
  const told = gateway === null ? null : await gateway.report();
  const index = told === null ? null : await raftSnapshotIndex();
  const etcd = told && {
    ...told,
    ...(clusterVersion == null ? {} : { clusterVersion }),
    ...(index === null ? {} : { raftSnapshotIndex: index }),
  };
  const mayRead = gateway !== null && etcd?.linearizableRead !== true && etcd?.leader !== '0';
  const quorumRead = mayRead && (await gateway.quorumRead());
  return {
    etcd,
    quorumRead,
    leaderlessVersion:
      isRelease && etcd === null && !quorumRead ? ((await gateway?.figures())?.leaderlessVersion ?? null) : null,
    authentication: gateway?.authentication() ?? { on: false, refused: null, likeServers: [] },
    etcdctlReady: gateway === null ? null : ((await gateway.etcdctlObstacle()) ?? true),
  };
}

async function unprovenPurposes(
  { files }: Host,
  paths: Paths,
  purposes: readonly LeafPurpose[],
): Promise<readonly LeafPurpose[]> {
  const kept = await Promise.all(purposes.map((purpose) => files.exists(formerPath(paths, purpose))));
  return purposes.filter((_purpose, index) => kept[index] === true);
}

async function readVersionRecords({ files }: Host, { dataRoot }: Paths, incarnations: readonly string[]) {
  const found: Record<string, VersionRecord> = {};
  for (const incarnation of new Set(incarnations)) {
    const record = await readVersionRecord(files, dataRoot, incarnation).catch(nullIfRefused);
    if (record !== null) found[incarnation] = record;
  }
  return found;
}

function readIfPossible(host: Host, path: string): Promise<string | null> {
  return host.files.read(path).catch(nullIfRefused);
}

/** An unreadable file counts as missing: writing it again repairs it, or fails with the reason. */
function nullIfRefused(error: unknown): null {
  if (error instanceof PicketError) return null;
  throw error;
}
