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
import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { configDefaults } from '../../src/config/config.ts';
import { type Executor, openExecutor } from '../../src/executor/executor.ts';
import { publicationBoard } from '../../src/executor/publication-board.ts';
import { openRestorationBoard } from '../../src/executor/restoration-board.ts';
import type { StatusBoard } from '../../src/executor/status-board.ts';
import { type JoinDeps, joinClient, joinNode } from '../../src/identity/join-node.ts';
import { createToken, type TokenOptions } from '../../src/identity/join-tokens.ts';
import { shownKeyBook } from '../../src/identity/shown-keys.ts';
import type { TokenRecord } from '../../src/inventory/inventory.ts';
import type { Failpoint } from '../../src/model/failpoints.ts';
import { freshNames } from '../../src/random-names.ts';
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

/** A machine with its key, as the member of the cluster `prod` that it claims to be. */
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

/** No key has been used. */
const shownKeys = shownKeyBook();
const caller = { from: '192.168.7.11', action: 'POST /v1/join' };

const nobodyReports = { latest: () => null, forget: () => undefined };

/** That of a coordinator that has just started on this store. */
export async function executorOf(
  { inventory, authorities, identities, clock }: House,
  statuses: Pick<StatusBoard, 'latest'>,
  failpoint: Failpoint = () => undefined,
): Promise<Executor> {
  const now = () => clock.now;
  const { pem } = authorities.control.certificate;
  return openExecutor({
    inventory,
    restoration: await openRestorationBoard(inventory),
    publications: publicationBoard(await inventory.publications.all()),
    statuses: { latest: (nodeId) => statuses.latest(nodeId), clockSet: () => undefined },
    seals: { of: () => 'seal', isOf: () => false },
    lastSeen: () => null,
    trust: () => ({ control: pem, client: pem, peer: pem }),
    nodeChanged: (nodeId, at) => identities.refresh(nodeId, at),
    freshNames,
    now,
    monotonic: now,
    failpoint,
  });
}

async function depsOf(
  house: House,
  failpoint?: Failpoint,
  statuses: JoinDeps['statuses'] = nobodyReports,
  stored: readonly ReleaseView[] = [],
): Promise<JoinDeps> {
  const { inventory, authorities, identities: directory, clock } = house;
  const executor = await executorOf(house, statuses, failpoint);
  const { limits: fleetLimits } = configDefaults;
  const releases = { list: () => [...stored] };
  const now = () => clock.now;
  return { inventory, authorities, directory, executor, statuses, shownKeys, releases, fleetLimits, now, newId };
}

export async function join(
  house: House,
  request: JoinRequest,
  failpoint?: Failpoint,
  statuses?: JoinDeps['statuses'],
  releases?: readonly ReleaseView[],
): Promise<JoinAnswer> {
  return joinNode(await depsOf(house, failpoint, statuses, releases), request, caller);
}

/** As {@link joinRequest}, for a machine that asks to become the client of this name. */
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
  return joinClient(await depsOf(house), request, caller);
}

export function newId(): string {
  return randomBytes(10).toString('hex');
}
