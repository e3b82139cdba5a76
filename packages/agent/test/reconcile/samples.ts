import { memberConfig } from '@picket/shared/etcd-config/member-config.ts';
import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import { parse } from '@picket/shared/etcd-config/parse.ts';
import { render } from '@picket/shared/etcd-config/render.ts';
import type { DesiredState, EtcdWanted, MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import type { EtcdReport, ListedMember } from '@picket/shared/protocol/report.ts';
import { said } from '../../../../test/support/said.ts';
import { emptyJournal, type StartedWith } from '../../src/journal/journal.ts';
import { fileNames, wantedFiles } from '../../src/model/managed-files.ts';
import type {
  Accepted,
  AcceptedMember,
  AgentStep,
  CredentialState,
  CurrentState,
  Paths,
} from '../../src/model/model.ts';
import { programOf } from '../../src/model/program.ts';
import { sanTexts } from '../../src/model/san-texts.ts';
import { confKeyOf, restartKeyOf } from '../../src/reconcile/restart-key.ts';

export const paths: Paths = {
  etcDir: '/etc/etcd',
  stateDir: '/var/lib/picket',
  dataRoot: '/var/lib/picket/etcd',
  logFile: '/var/log/etcd/etcd.log',
  profile: '/etc/profile.d/etcdctl.sh',
};

/** Noon of a day long after the agent was built. */
export const now = Date.parse('2027-03-01T12:00:00Z');
export const ownIncarnation = 'incarnation1';
export const otherIncarnation = 'incarnation2';
export const hour = 3600 * 1000;
export const day = 24 * hour;

const member = { name: 'x-k3s-m-1', address: '192.168.7.11', ports: { client: 2379, peer: 2380, metrics: 2381 } };

export interface ConfOptions {
  readonly incarnation?: string;
  readonly others?: readonly string[];
  readonly change?: Partial<EtcdConfig>;
  readonly at?: Paths;
  readonly state?: EtcdConfig['initialClusterState'];
}

export function confOf({
  incarnation = ownIncarnation,
  others = [],
  change = {},
  at = paths,
  state = 'existing',
}: ConfOptions = {}): string {
  const urlOf = (address: string) => `https://${address}:2380`;
  const config = memberConfig({
    name: member.name,
    address: member.address,
    advertise: 'ip',
    members: [
      { name: member.name, peerUrl: urlOf(member.address) },
      ...others.map((address, index) => ({ name: `x-k3s-m-${index + 2}`, peerUrl: urlOf(address) })),
    ],
    dataDir: `${at.dataRoot}/${incarnation}`,
    etcDir: at.etcDir,
    logFile: at.logFile,
    state,
    token: 'x-k3s-0123456789abcdef',
    etcdMinor: '3.5',
  });
  return render({ ...config, ...change });
}

export function desired(change: Partial<MemberState> = {}): MemberState {
  const certificate = { keyType: 'p256', renewAfterSeconds: (60 * day) / 1000 } as const;
  return {
    inventory: 'inventory1',
    generation: 7,
    seal: 's'.repeat(64),
    priorSeals: [],
    nodeId: 'node00000001',
    cluster: 'x-k3s',
    member,
    trust: { control: 'the control bundle', client: 'the client bundle', peer: 'the peer bundle' },
    certificates: [
      {
        purpose: 'server',
        commonName: 'etcd x-k3s-m-1',
        sans: [{ type: 'ip', value: '192.168.7.11' }],
        ...certificate,
      },
      { purpose: 'peer', commonName: 'x-k3s-m-1', sans: [{ type: 'ip', value: '192.168.7.11' }], ...certificate },
      { purpose: 'client', commonName: 'client:x-k3s-m-1', sans: [], ...certificate },
      { purpose: 'admin', commonName: 'picket-agent', sans: [], ...certificate },
    ],
    etcd: { incarnation: ownIncarnation, initialClusterState: 'existing', conf: confOf() },
    retired: [],
    endpoints: [],
    membershipStep: null,
    permit: null,
    ...change,
  };
}

/** Accepted just now, every lease in it valid. */
export function accepted(change: Partial<MemberState> = {}, requestedAt: number | null = 1000): AcceptedMember {
  return { document: desired(change), requestedAt };
}

export function withConf(options: ConfOptions): MemberState['etcd'] {
  const { incarnation = ownIncarnation, state: initialClusterState = 'existing' } = options;
  return { incarnation, initialClusterState, conf: confOf(options) };
}

export function credential(purpose: LeafPurpose, document: DesiredState, issuedAt = now): CredentialState {
  const wanted = document.certificates.find((one) => one.purpose === purpose)!;
  const until = issuedAt + 365 * day;
  return {
    kind: 'held',
    held: {
      purpose,
      serial: '40ff',
      notBefore: new Date(issuedAt).toISOString(),
      notAfter: new Date(until).toISOString(),
    },
    from: issuedAt,
    until,
    commonName: wanted.commonName,
    sans: sanTexts(wanted.sans),
    issuedByBundle: true,
  };
}

export const report: EtcdReport = {
  clusterId: 'cc',
  memberId: 'a1',
  isLearner: false,
  leader: 'b2',
  raftTerm: 2,
  raftIndex: 100,
  raftAppliedIndex: 100,
  dbSizeBytes: 20_480,
  dbSizeInUseBytes: 20_480,
  revision: 90,
  version: '3.5.16',
  alarms: [],
  healthy: true,
  linearizableRead: true,
  members: [],
  membersAsOf: 99,
};

export function listed(id: string, change: Partial<ListedMember> = {}): ListedMember {
  return {
    id,
    name: `member-${id}`,
    peerUrls: [`https://10.0.0.1:${id}`],
    clientUrls: [`https://10.0.1.1:${id}`],
    isLearner: false,
    ...change,
  };
}

/** A machine on which an agent has just joined. */
export function blank(change: Partial<CurrentState> = {}): CurrentState {
  const names = fileNames(paths);
  return {
    now,
    monotonic: 2000,
    clockDoubt: null,
    timeKnown: true,
    journal: { ...emptyJournal, inventory: 'inventory1', generationSeen: 7 },
    etcdVersion: '3.5.16',
    etcdFingerprint: '1:2:3:4:5',
    packageVersion: '3.5.16',
    versionRecords: {},
    etcdRemedy: null,
    credentials: {
      server: { kind: 'missing' },
      peer: { kind: 'missing' },
      client: { kind: 'missing' },
      admin: { kind: 'missing' },
    },
    files: { [names.conf]: null, [names.clientBundle]: null, [names.peerBundle]: null },
    clientKeyLink: null,
    service: { kind: 'absent' },
    runs: null,
    alteredService: [],
    boot: 'boot1',
    lastLog: [],
    dataDirs: {},
    portTaken: null,
    etcd: null,
    quorumRead: false,
    leaderlessVersion: null,
    authentication: { on: false, refused: null, likeServers: [] },
    etcdctlReady: null,
    silence: null,
    ailing: null,
    pausedUntil: { obtain: 0, start: 0 },
    unstarted: null,
    unproven: [],
    unheld: {},
    leftovers: { files: [], incarnations: [] },
    ...change,
  };
}

/** The record of a start with what this document wants. */
function startOf({ incarnation, conf }: EtcdWanted, { trust, program: order }: MemberState): StartedWith {
  const config = parse(conf);
  const program = order === undefined ? null : programOf(order);
  const restartKey = restartKeyOf(config, trust, program);
  const confKey = confKeyOf(config, program);
  return { incarnation, restartKey, confKey, etcdVersion: '3.5.16', ...(program === null ? {} : { program }) };
}

/** A machine that is as this document wants it, with a running etcd. */
export function asDesired(document: MemberState = desired(), change: Partial<CurrentState> = {}): CurrentState {
  const held = (purpose: LeafPurpose) => credential(purpose, document);
  const wanted = document.etcd;
  const startedWith = wanted === null ? null : startOf(wanted, document);
  return blank({
    journal: {
      ...emptyJournal,
      inventory: document.inventory,
      generationSeen: document.generation,
      incarnations: wanted === null ? {} : { [wanted.incarnation]: 'lived' },
      startedWith,
    },
    versionRecords: wanted === null ? {} : { [wanted.incarnation]: { minor: '3.5', fingerprint: '1:2:3:4:5' } },
    credentials: { server: held('server'), peer: held('peer'), client: held('client'), admin: held('admin') },
    files: filesOf(document),
    clientKeyLink: 'client.pem',
    service: wanted === null ? { kind: 'stopped' } : { kind: 'running', pid: 1, restarts: 0 },
    dataDirs: wanted === null ? {} : { [wanted.incarnation]: 'filled' },
    etcd: wanted === null ? null : report,
    ...change,
  });
}

export function filesOf(document: MemberState): CurrentState['files'] {
  const none = { [fileNames(paths).conf]: null };
  return { ...none, ...Object.fromEntries(wantedFiles(document, paths).map(({ path, content }) => [path, content])) };
}

/** What a step does to the machine, as far as the next plan can see it. */
export function afterStep(current: CurrentState, step: AgentStep, { document }: Accepted): CurrentState {
  const { journal } = current;
  switch (step.kind) {
    case 'obtain-credential':
      return {
        ...current,
        credentials: { ...current.credentials, [step.purpose]: credential(step.purpose, document, current.now) },
        unproven: [
          ...current.unproven.filter((purpose) => purpose !== step.purpose),
          ...(step.keepsFormer ? [step.purpose] : []),
        ],
      };
    case 'prove-credential':
      return { ...current, unproven: current.unproven.filter((purpose) => purpose !== step.purpose) };
    case 'write-file':
      return { ...current, files: { ...current.files, [step.path]: step.content } };
    case 'link-client-key':
      return { ...current, clientKeyLink: 'client.pem' };
    case 'install-service':
      return {
        ...current,
        runs: null,
        alteredService: [],
        service: current.service.kind === 'absent' ? { kind: 'stopped' } : current.service,
      };
    case 'stop-etcd': {
      const startedWith = step.of === 'retired' ? null : journal.startedWith;
      return { ...current, service: { kind: 'stopped' }, etcd: null, journal: { ...journal, startedWith } };
    }
    case 'remove-files':
      return { ...current, leftovers: { ...current.leftovers, files: [] } };
    case 'put-data-away':
      return { ...current, leftovers: { ...current.leftovers, incarnations: [] } };
    case 'make-data-dir':
    case 'restore-data':
      return {
        ...current,
        journal: { ...journal, incarnations: { ...journal.incarnations, [step.incarnation]: 'made' } },
        dataDirs: { ...current.dataDirs, [step.incarnation]: step.kind === 'restore-data' ? 'filled' : 'empty' },
      };
    case 'clear-unborn':
      return { ...current, dataDirs: { ...current.dataDirs, [step.incarnation]: 'empty' } };
    case 'start-etcd':
    case 'restart-etcd': {
      const files = step.kind === 'restart-etcd' ? step.files.map(({ path, content }) => [path, content]) : [];
      const { incarnation, restartKey, confKey } = step;
      const startedWith = { incarnation, restartKey, confKey, etcdVersion: current.etcdVersion };
      return {
        ...current,
        files: { ...current.files, ...Object.fromEntries(files) },
        journal: { ...journal, startedWith, ...('permitId' in step ? { lastPermit: step.permitId } : {}) },
        service: { kind: 'running', pid: 2, restarts: 0 },
        etcd: report,
      };
    }
    case 'take-hold': {
      const held = { permit: step.permitId, boot: current.boot, since: current.monotonic, stopped: step.stop };
      const taken = { ...current, journal: { ...journal, held } };
      return step.stop ? { ...taken, service: { kind: 'stopped' }, etcd: null } : taken;
    }
    case 'take-snapshot': {
      const lastSnapshot = { id: step.order.id, outcome: 'begun', reason: null } as const;
      return { ...current, journal: { ...journal, lastSnapshot } };
    }
    case 'maintenance': {
      const lastMaintenance = { id: step.order.id, outcome: 'begun', reason: null } as const;
      return { ...current, journal: { ...journal, lastMaintenance } };
    }
    case 'change-membership': {
      const lastStep = { id: step.step.id, member: step.step.member, outcome: 'done', reason: said('') } as const;
      return { ...current, journal: { ...journal, lastStep } };
    }
  }
}

export const kinds = (steps: readonly AgentStep[]): string[] => steps.map(({ kind }) => kind);
