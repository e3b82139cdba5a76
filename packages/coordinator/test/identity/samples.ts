import { type KeyObject, randomBytes } from 'node:crypto';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import type {
  ClientJoinAnswer,
  ClientJoinRequest,
  JoinAnswer,
  JoinRequest,
  NodeFacts,
} from '@picket/shared/protocol/join.ts';
import type { StatusBoard } from '../../src/executor/status-board.ts';
import { type JoinDeps, joinClient, joinNode } from '../../src/identity/join-node.ts';
import { createToken, type TokenOptions } from '../../src/identity/join-tokens.ts';
import { ShownKeys } from '../../src/identity/shown-keys.ts';
import type { TokenRecord } from '../../src/inventory/inventory.ts';
import type { Failpoint } from '../../src/model/failpoints.ts';
import type { House } from '../authority/samples.ts';
import { sampleFacts } from '../inventory/samples.ts';

export interface Token {
  readonly record: TokenRecord;
  readonly secret: string;
}

export async function newToken(house: House, options: Partial<TokenOptions> = {}): Promise<Token> {
  return createToken(
    { inventory: house.inventory, now: () => house.clock.now, newId, randomBytes },
    { cluster: 'prod', createdBy: 'urn:picket:operator:ada', ...options },
  );
}

/** A machine with its key, as the member of the cluster `prod` that it says it is. */
export interface Machine {
  readonly key: KeyObject;
  readonly facts: NodeFacts;
}

export async function newMachine(number: number, facts: Partial<NodeFacts> = {}): Promise<Machine> {
  return {
    key: await generateKey('p256'),
    facts: sampleFacts({ name: `pi-${number}`, addresses: ['127.0.0.1', `192.168.7.1${number}`], ...facts }),
  };
}

export function joinRequest(machine: Machine, token: Token): JoinRequest {
  return {
    tokenId: token.record.id,
    secret: token.secret,
    csr: createCsr({ key: machine.key, commonName: machine.facts.name }),
    node: machine.facts,
  };
}

/** Nobody has shown any. */
const shownKeys = new ShownKeys();

/** Places are given by the executor, which has tests of its own. */
const executor: JoinDeps['executor'] = {
  admit: (_cluster, admission) =>
    admission(() => {
      throw new Error('nobody has to go in these tests');
    }),
};

export async function join(
  house: House,
  request: JoinRequest,
  failpoint: Failpoint = () => undefined,
  statuses: Pick<StatusBoard, 'latest' | 'forget'> = { latest: () => null, forget: () => undefined },
): Promise<JoinAnswer> {
  const { inventory, authorities, identities: directory, clock } = house;
  return joinNode(
    { inventory, authorities, directory, executor, statuses, shownKeys, now: () => clock.now, newId, failpoint },
    request,
  );
}

/** As {@link joinRequest}, of a machine that asks to be the client of this name. */
export function clientRequest(machine: Pick<Machine, 'key'>, token: Token, name = 'k3s-1'): ClientJoinRequest {
  const { addresses, agentVersion, os, arch } = sampleFacts();
  return {
    tokenId: token.record.id,
    secret: token.secret,
    csr: createCsr({ key: machine.key, commonName: name }),
    node: { name, addresses, agentVersion, os, arch },
  };
}

export async function joinAsClient(house: House, request: ClientJoinRequest): Promise<ClientJoinAnswer> {
  const { inventory, authorities, identities: directory, clock } = house;
  const statuses = { latest: () => null, forget: () => undefined };
  const now = () => clock.now;
  const deps = {
    inventory,
    authorities,
    directory,
    executor,
    statuses,
    shownKeys,
    now,
    newId,
    failpoint: () => undefined,
  };
  return joinClient(deps, request);
}

export function newId(): string {
  return randomBytes(10).toString('hex');
}
