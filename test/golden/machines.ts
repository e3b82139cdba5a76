import type { KeyObject } from 'node:crypto';
import { exportPrivateKeyPem, generateKey } from '@picket/shared/pki/keys.ts';
import type { MemberState, MembershipStep } from '@picket/shared/protocol/desired-state.ts';
import type { JoinAnswer, JoinRequest } from '@picket/shared/protocol/join.ts';
import type { ListedMember, NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Client, Credentials } from '../../packages/coordinator/test/support/client.ts';
import type { TestCoordinator } from '../../packages/coordinator/test/support/coordinator.ts';
import { databasePages, pageSize, withHash } from '../../packages/coordinator/test/support/database-pages.ts';
import { createToken, joinRequest, nodeWith, type TestNode } from '../../packages/coordinator/test/support/nodes.ts';
import { readyStatus } from '../../packages/shared/test/samples/node-status.ts';
import { said } from '../support/said.ts';
import { jsonLines } from './json-lines.ts';
import type { Placeholders } from './placeholders.ts';

const yearMs = 365 * 86_400_000;
/** A snapshot as etcd writes it: the pages of a database, and their hash. */
export const snapshotOctets = withHash(databasePages(Buffer.alloc(4 * pageSize, 7)));

/** What the members of one etcd cluster know in common. */
export interface SharedEtcd {
  clusterId: string;
  members: ListedMember[];
  index: number;
  leader: string;
  alarms: readonly string[];
  dbSizeBytes: number;
  dbSizeInUseBytes: number;
  revision: number;
  /** How many members it has had. */
  lives: number;
}

export function emptyEtcd(clusterId: string): SharedEtcd {
  return {
    ...{ clusterId, members: [], index: 8, leader: '0', alarms: [] },
    ...{ dbSizeBytes: 20_480, dbSizeInUseBytes: 16_384, revision: 40, lives: 0 },
  };
}

/** Such as `a3` for the third member of `c1`, and `a63` when it is the sixth incarnation. */
function newMemberId(etcd: SharedEtcd, number: number): string {
  etcd.lives += 1;
  const prefix = etcd.clusterId === 'c1' ? 'a' : 'b';
  return `${prefix}${etcd.lives > 3 ? etcd.lives : ''}${number}`;
}

export interface MachineChanges {
  readonly agent?: Partial<NodeStatus['agent']>;
  readonly service?: Partial<NodeStatus['service']>;
  readonly etcd?: Partial<NonNullable<NodeStatus['etcd']>> | null;
  readonly machine?: Partial<NodeStatus['machine']>;
}

/**
 * The machine of a member as a coordinator meets it: it polls, carries out its desired state at once, and reports. What etcd
 * and its agent would do is only said here; the end-to-end tests have the real ones.
 */
export class Machine {
  readonly number: number;
  node: TestNode;
  readonly etcd: SharedEtcd;
  state: MemberState | null = null;
  /** It neither polls nor reports. */
  silent = false;
  /** It was booted while it was held. */
  rebooted = false;
  /** What it says beyond the truth, until taken back. */
  changes: MachineChanges = {};
  /** Of the steps that it is asked for it leaves these undone. */
  idle: readonly string[] = [];
  readonly #certified: { readonly notBefore: string; readonly notAfter: string };
  #conf: string | null = null;
  #incarnation: string | null = null;
  #lastPermit: string | null = null;
  #lastMaintenance: NodeStatus['lastMaintenance'];
  #lastSnapshot: NodeStatus['lastSnapshot'];
  #lastStep: NodeStatus['lastStep'] = null;

  /** @param certifiedAt when its certificates were issued */
  constructor(number: number, node: TestNode, etcd: SharedEtcd, certifiedAt: number) {
    const iso = (at: number) => new Date(at).toISOString();
    this.#certified = { notBefore: iso(certifiedAt), notAfter: iso(certifiedAt + yearMs) };
    this.number = number;
    this.node = node;
    this.etcd = etcd;
  }

  /** By which etcd knows it, and by no other incarnation of it. */
  get id(): string {
    const peerUrl = `https://${this.state?.member.address}:2380`;
    return this.etcd.members.findLast(({ peerUrls }) => peerUrls.includes(peerUrl))?.id ?? '0';
  }

  /** Polls, does what is asked, and reports. */
  async turn(): Promise<void> {
    if (this.silent) return;
    const answer = await this.node.client.get('/v1/node/desired-state');
    if (answer.status === 200) {
      const state = answer.json<MemberState>();
      if (!this.#isOlder(state)) {
        this.state = state;
        await this.#carryOut(state);
      }
    }
    await this.report();
  }

  /** Says how it stands, and nothing else. */
  async report(): Promise<number> {
    const answer = await this.node.report(this.status());
    return answer.status;
  }

  status(): NodeStatus {
    const { agent, service, etcd, machine } = this.changes;
    const sample = readyStatus();
    const runs = this.#incarnation !== null;
    const restartPending = runs && this.state?.etcd != null && this.state.etcd.conf !== this.#conf;
    return {
      ...sample,
      agent: { ...sample.agent, ...this.#followed(), ...agent },
      service: {
        ...sample.service,
        ...(runs ? { state: 'running' as const, incarnation: this.#incarnation } : {}),
        restartPending,
        ...this.#held(),
        ...(this.#lastPermit === null ? {} : { lastPermit: this.#lastPermit }),
        ...service,
      },
      etcd: !runs || etcd === null ? null : { ...this.#report(), ...etcd },
      machine: { ...sample.machine, ...machine },
      certificates: sample.certificates.map((held) => ({ ...held, ...this.#certified })),
      lastStep: this.#lastStep,
      ...(this.#lastMaintenance === undefined ? {} : { lastMaintenance: this.#lastMaintenance }),
      ...(this.#lastSnapshot === undefined ? {} : { lastSnapshot: this.#lastSnapshot }),
    };
  }

  /** Its last desired state, as lines: its conf.yml, and the names of its certificates. */
  told(): string {
    const { etcd, certificates, endpoints, member } = this.state ?? {};
    const lines = [member, endpoints, ...(certificates ?? [])].map((part) => jsonLines(part));
    return `${lines.join('\n')}\n${etcd?.conf ?? 'no etcd\n'}`;
  }

  /** Its data dir is gone, or put away. */
  wiped(): void {
    this.#incarnation = null;
    this.#conf = null;
  }

  /** Than what it follows: no agent goes back to that (R5). */
  #isOlder({ inventory, epoch, generation }: MemberState): boolean {
    const { state } = this;
    const isSameStore = state?.inventory === inventory && state.epoch?.name === epoch?.name;
    return isSameStore && generation < state.generation;
  }

  #held(): Pick<NodeStatus['service'], 'held'> {
    const permit = this.state?.permit ?? null;
    if (permit?.act !== 'hold' || this.idle.includes('hold')) return {};
    return { held: { permit: permit.id, rebooted: this.rebooted } };
  }

  #followed(): Partial<NodeStatus['agent']> {
    if (this.state === null) return {};
    const { inventory, epoch, generation, seal } = this.state;
    return {
      inventory,
      generationSeen: generation,
      generationApplied: generation,
      ...(epoch === undefined ? {} : { epoch }),
      ...(seal === undefined ? {} : { seal }),
    };
  }

  async #carryOut({
    etcd,
    retired,
    membershipStep,
    permit,
    snapshot,
    maintenance,
    member,
  }: MemberState): Promise<void> {
    if (this.#incarnation !== null && retired.includes(this.#incarnation)) this.wiped();
    if (etcd !== null && this.#incarnation === null && !this.idle.includes('start')) {
      this.#incarnation = etcd.incarnation;
      this.#conf = etcd.conf;
      if (this.etcd.members.length === 0) {
        this.etcd.members.push({
          ...{ id: newMemberId(this.etcd, this.number), name: member.name, isLearner: false },
          ...{ peerUrls: [`https://${member.address}:2380`], clientUrls: [`https://${member.address}:2379`] },
        });
        this.etcd.leader = this.id;
      } else {
        this.etcd.members = this.etcd.members.map((one) => (one.id === this.id ? { ...one, name: member.name } : one));
      }
    }
    if (membershipStep !== null && !this.idle.includes(membershipStep.kind)) this.#change(membershipStep);
    if (permit?.act === 'restart' && !this.idle.includes('restart')) {
      this.#conf = etcd?.conf ?? null;
      if (permit.asked === true) this.#lastPermit = permit.id;
    }
    if (snapshot !== undefined && this.#lastSnapshot?.id !== snapshot.id && !this.idle.includes('snapshot')) {
      await this.#send(snapshot.id);
    }
    if (
      maintenance !== undefined &&
      this.#lastMaintenance?.id !== maintenance.id &&
      !this.idle.includes(maintenance.kind)
    ) {
      if (maintenance.kind === 'move-leader') this.etcd.leader = maintenance.to;
      else if (maintenance.kind === 'disarm') this.etcd.alarms = [];
      else this.etcd.dbSizeBytes = this.etcd.dbSizeInUseBytes = 16_384;
      this.#lastMaintenance = {
        id: maintenance.id,
        outcome: 'done',
        reason: said(`${maintenance.kind} came to its end`),
      };
    }
  }

  #change(step: MembershipStep): void {
    if (this.#lastStep?.id === step.id) return;
    const { etcd } = this;
    etcd.index += 1;
    switch (step.kind) {
      case 'add-learner':
        etcd.members = [
          ...etcd.members,
          {
            ...{ id: newMemberId(etcd, Number(step.member.at(-1))), name: '', isLearner: true },
            ...{ peerUrls: [step.peerUrl], clientUrls: [] },
          },
        ];
        break;
      case 'promote':
        etcd.members = etcd.members.map((one) => (one.id === step.memberId ? { ...one, isLearner: false } : one));
        break;
      case 'remove-learner':
      case 'remove-voter':
        etcd.members = etcd.members.filter((one) => one.id !== step.memberId);
        break;
    }
    this.#lastStep = { id: step.id, member: step.member, outcome: 'done', reason: said(`${step.kind} was done`) };
  }

  async #send(id: string): Promise<void> {
    const { client } = this.node;
    const headers = { 'content-type': 'application/octet-stream' };
    await client.request('PUT', `/v1/node/snapshots/${id}?offset=0`, { headers, body: snapshotOctets });
    const { clusterId, revision } = this.etcd;
    const end = { sizeBytes: snapshotOctets.length, revision, clusterId, etcdVersion: '3.5.16' };
    await client.post(`/v1/node/snapshots/${id}`, end);
    this.#lastSnapshot = { id, outcome: 'done', reason: said('the coordinator has it') };
  }

  #report(): NonNullable<NodeStatus['etcd']> {
    const { clusterId, members, index, leader, alarms, dbSizeBytes, dbSizeInUseBytes, revision } = this.etcd;
    const isLearner = members.find(({ id }) => id === this.id)?.isLearner ?? false;
    return {
      ...{ clusterId, memberId: this.id, isLearner, leader, raftTerm: 2, raftIndex: index, raftAppliedIndex: index },
      ...{ dbSizeBytes, dbSizeInUseBytes, revision, version: '3.5.33', alarms: [...alarms], healthy: true },
      ...{ linearizableRead: !isLearner, members: isLearner ? null : members, membersAsOf: index },
    };
  }
}

/** Joins a member's machine by a token of its own. */
export async function joinMachine(
  coordinator: TestCoordinator,
  { cluster, name, number, etcd, facts = {} }: Joining,
): Promise<Machine> {
  const { joinString } = await createToken(coordinator, { cluster, member: name });
  const key = await generateKey('p256');
  const request = joinRequest(joinString, key, number, { name, ...facts });
  const answer = await coordinator.stranger.post('/v1/join', request);
  if (answer.status !== 200) throw new Error(answer.text);
  const { nodeId, certificate, member } = answer.json<JoinAnswer>();
  const node = nodeWith(coordinator, { id: nodeId, name: member.name, key, certificate });
  return new Machine(number, node, etcd, coordinator.clock.now);
}

export interface Joining {
  readonly cluster: string;
  readonly name: string;
  readonly number: number;
  readonly etcd: SharedEtcd;
  readonly facts?: Partial<JoinRequest['node']>;
}

/** Each machine has as many turns; before each round so many seconds pass. */
export async function rounds(
  coordinator: TestCoordinator,
  machines: readonly Machine[],
  { count = 1, seconds = 5 }: { readonly count?: number; readonly seconds?: number } = {},
): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    coordinator.clock.now += seconds * 1000;
    for (const machine of machines) await machine.turn();
  }
}

export const memberOf = (number: number) => ({ name: `x-k3s-m-${number}`, address: `192.168.7.1${number}` });

/** A cluster of so many members, of which the machines have joined and come to rest. */
export async function formed(
  coordinator: TestCoordinator,
  count: number,
  name = 'x-k3s',
  prefix = 'x-k3s-m-',
): Promise<Machine[]> {
  const members = Array.from({ length: count }, (_, index) => ({
    ...memberOf(index + 1),
    name: `${prefix}${index + 1}`,
  }));
  const made = await coordinator.admin.post('/v1/clusters', { name, domain: 'edge.huatai.me', members });
  if (made.status !== 201) throw new Error(made.text);
  const etcd = emptyEtcd('c1');
  const machines: Machine[] = [];
  for (const [index, { name: member }] of members.entries())
    machines.push(await joinMachine(coordinator, { cluster: name, name: member, number: index + 1, etcd }));
  await rounds(coordinator, machines, { count: 14 });
  return machines;
}

/** Joins a machine that is no member; the client shows its identity. */
export async function joinClientNode(
  coordinator: TestCoordinator,
  placeholders: Placeholders,
  name: string,
  cluster = 'x-k3s',
): Promise<{ readonly client: Client; readonly credentials: Credentials }> {
  const key = await generateKey('p256');
  const { joinString } = await createToken(coordinator, { cluster, client: {} });
  const request = clientRequest(joinString, key, name);
  const answer = await coordinator.stranger.post('/v1/join/client', request);
  if (answer.status !== 200) throw new Error(answer.text);
  const { nodeId, certificate } = answer.json<{ nodeId: string; certificate: string }>();
  placeholders.name(nodeId, `node of ${name}`);
  const credentials = { certificate, key: exportPrivateKeyPem(key) };
  return { client: coordinator.client(credentials), credentials };
}

/** What the agent of a client node sends to join. */
export function clientRequest(joinString: string, key: KeyObject, name: string) {
  const { node, ...credentials } = joinRequest(joinString, key, 1);
  const { addresses, agentVersion, os, arch } = node;
  return { ...credentials, node: { name, addresses, agentVersion, os, arch } };
}
