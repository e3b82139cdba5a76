import type { KeyObject } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import { canonicalAddress, isNamed } from '@picket/shared/names.ts';
import { authorityWithPin, readBundle } from '@picket/shared/pki/bundle.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import type {
  ClientFacts,
  ClientJoinAnswer,
  JoinAnswer,
  NameToResolve,
  NodeFacts,
} from '@picket/shared/protocol/join.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import {
  type CoordinatorClient,
  coordinatorClient,
  fetchUnverifiedBundle,
  type StrangersWord,
} from '../coordinator/client.ts';
import { coordinatorUrl } from '../coordinator/url.ts';
import type { Clock } from '../host/host.ts';
import { clockDoubt } from '../model/clock-doubt.ts';
import type { Failpoint } from '../program/failpoints.ts';
import { unlessRefused } from '../program/unless-refused.ts';
import { credentialFromAnswer } from './credential-from-answer.ts';
import type { Identity, IdentityStore } from './identity-store.ts';
import { isMemberRecord, type NodeRecord, nodeRoleOf } from './node-record.ts';

export interface JoinDependencies<Facts = Omit<NodeFacts, 'name'>> {
  readonly store: IdentityStore;
  readonly clock: Clock;
  readonly failpoint: Failpoint;
  /**
   * Checks whether this machine can join, and describes the machine; throws what prevents a join. Called once it is
   * clear that a join is needed, and before anything is sent.
   */
  readonly preflight: () => Promise<Facts>;
  /**
   * Makes what a member needs here to run this release of etcd; null for the etcd of its system's package. Called with the
   * coordinator's answer, before the identity is kept: if it throws, a repeat with the same join string comes here again.
   */
  readonly prepare?: (release: string | null) => Promise<void>;
  /** The coordinator that this machine follows by its journal, and the path of that journal; null: none yet. */
  readonly follows: () => Promise<{ readonly inventory: string; readonly stateDir: string } | null>;
}

export interface JoinRequestOptions {
  /** In the operator's spelling. */
  readonly url: string;
  readonly joinString: string;
  readonly name: string;
  /** The name is only the host name: a token that is bound to a member decides. */
  readonly hostNamed?: boolean;
  /** Of a member: its declared address, which determines its name. */
  readonly address?: string;
  /** Join although this machine has joined already. */
  readonly again?: boolean;
}

export type Joined =
  | {
      readonly kind: 'joined';
      readonly node: NodeRecord;
      /** The names that this machine should be able to resolve. */
      readonly names: readonly NameToResolve[];
      /** The release of etcd that the members run; null for that of their system's package. */
      readonly release: string | null;
      /** How far this machine's clock is ahead of the coordinator's, in milliseconds. */
      readonly clockOffsetMs: number;
    }
  /** Nothing was sent and nothing was changed. */
  | { readonly kind: 'already'; readonly node: NodeRecord };

/**
 * Makes this machine a node. It stores a key before it sends anything. It fetches the trust bundle and keeps only the
 * authority that the join string pins. On a new connection that trusts only this authority, it exchanges the secret for
 * an identity. A repeat after a crash or a lost answer ends as the first run would have.
 *
 * Throws `join_string_invalid`, `coordinator_url_invalid`, `already_joined`, `follows_another` (nothing was sent),
 * `pin_mismatch`, `clock_wrong` (nothing secret was sent), what `preflight` and `prepare` throw, and what a {@link
 * CoordinatorClient} does.
 */
export async function join(deps: JoinDependencies, options: JoinRequestOptions): Promise<Joined> {
  const { name, address, hostNamed = false } = options;
  return joinBy(deps, options, {
    isWanted: (node) =>
      isMemberRecord(node) &&
      (address === undefined
        ? hostNamed || isNamed(name, node.member.name)
        : node.member.address === canonicalAddress(address)),
    send: (client, credentials, facts) => {
      if (address === undefined) {
        const guessed = hostNamed ? { hostNamed: true as const } : {};
        return client.join({ ...credentials, node: { name, ...facts }, ...guessed });
      }
      // The name does not matter here: the coordinator uses the declared one. A host name may not even be valid for a
      // member.
      return client.join({ ...credentials, node: { name: 'unnamed', ...facts }, address });
    },
  });
}

/** As {@link join}, for a machine that should become a client node. */
export async function joinAsClient(
  deps: JoinDependencies<Omit<ClientFacts, 'name'>>,
  options: JoinRequestOptions,
): Promise<Joined> {
  return joinBy(deps, options, {
    isWanted: (node) => !isMemberRecord(node) && isNamed(options.name, node.client.name),
    send: (client, credentials, facts) =>
      client.joinAsClient({ ...credentials, node: { name: options.name, ...facts } }),
  });
}

/** What a node asks to become, and how. */
interface Application<Facts> {
  /** True if a joined node is exactly that. */
  readonly isWanted: (node: NodeRecord) => boolean;
  readonly send: (
    client: CoordinatorClient,
    credentials: { readonly tokenId: string; readonly secret: string; readonly csr: string },
    facts: Facts,
  ) => Promise<JoinAnswer | ClientJoinAnswer>;
}

async function joinBy<Facts>(
  deps: JoinDependencies<Facts>,
  options: JoinRequestOptions,
  { isWanted, send }: Application<Facts>,
): Promise<Joined> {
  const { store, clock, failpoint } = deps;
  const { tokenId, secret, pin } = parseJoinString(options.joinString);
  const url = coordinatorUrl(options.url);

  await refuseAnother(deps, pin);
  // An unreadable identity does not prevent a join: a join repairs it.
  const existing = options.again === true ? null : await store.loadWhole();
  if (existing !== null) return already(existing, url, pin, isWanted);

  const facts = await deps.preflight();
  const key = await store.loadOrMakeKey();
  failpoint('join.after-key');

  const stranger = await fetchUnverifiedBundle(url, clock);
  const authority = pinnedAuthority(url, stranger.controlCertificates, pin);
  refuseWrongClock(clock, stranger);
  const client = coordinatorClient({ url, trust: authority.pem, credential: null, clock });
  const answer = await closing(client, async () => {
    failpoint('join.before-request');
    return send(client, { tokenId, secret, csr: createCsr({ key, commonName: 'a node' }) }, facts);
  });
  failpoint('join.after-answer');
  const clockOffsetMs = clock.now() - Date.parse(answer.now);

  const release = 'release' in answer ? (answer.release ?? null) : null;
  await deps.prepare?.(release);
  const node = await keepAnswer({ store, url, key, authority, answer });
  failpoint('join.after-identity');
  return { kind: 'joined', node, names: answer.names, release, clockOffsetMs };
}

/**
 * Refuses a node that follows one coordinator an identity of another (R5): it would then follow neither, and lose the
 * identity that the first one knows.
 */
async function refuseAnother(
  { store, follows }: Pick<JoinDependencies, 'store' | 'follows'>,
  pin: string,
): Promise<void> {
  const followed = await follows();
  const bundle = followed === null ? null : await store.controlCertificates();
  if (followed === null || bundle === null || authorityWithPin(readBundle(bundle), pin) !== undefined) return;
  throw failure('follows_another', followed);
}

function already(existing: Identity, url: string, pin: string, isWanted: (node: NodeRecord) => boolean): Joined {
  const { node, controlCertificates } = existing;
  const nodeRole = nodeRoleOf(node);
  const samePin = authorityWithPin(readBundle(controlCertificates), pin) !== undefined;
  if (node.coordinator === url && samePin && isWanted(node)) return { kind: 'already', node };
  throw failure('already_joined', {
    nodeId: node.nodeId,
    kind: nodeRole.kind,
    member: nodeRole.name,
    cluster: node.cluster,
    coordinator: node.coordinator,
  });
}

function pinnedAuthority(url: string, bundle: string, pin: string): Certificate {
  const authority = authorityWithPin(readStrangersBundle(url, bundle), pin);
  if (authority === undefined) throw failure('pin_mismatch', { url });
  return authority;
}

/**
 * R14: checked before the token is spent and before any certificate's date is judged. Nobody vouches for this date yet.
 * A false date can only keep this machine from joining, which an attacker on the network can do anyway.
 */
function refuseWrongClock(clock: JoinDependencies['clock'], { date }: StrangersWord): void {
  if (date === null) return;
  const monotonic = clock.monotonic();
  const coordinator = { at: date, monotonic };
  const doubt = clockDoubt({ now: clock.now(), monotonic, buildTime: 0, floor: 0, coordinator });
  if (doubt !== null) throw failure('clock_wrong', { doubt });
}

function readStrangersBundle(url: string, bundle: string): Certificate[] {
  return unlessRefused(
    () => readBundle(bundle),
    (cause) => {
      const problem = `its trust bundle cannot be read: ${cause.message}`;
      throw failure('coordinator_answer_invalid', { url, problem }, { cause });
    },
  );
}

async function closing<Answer>(client: CoordinatorClient, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } finally {
    await client.close();
  }
}

async function keepAnswer(parts: {
  readonly store: IdentityStore;
  readonly url: string;
  readonly key: KeyObject;
  readonly authority: Certificate;
  readonly answer: JoinAnswer | ClientJoinAnswer;
}): Promise<NodeRecord> {
  const { store, url, key, authority, answer } = parts;
  const { nodeId, cluster, controlCertificates } = answer;
  const credential = credentialFromAnswer({
    url,
    key,
    authorities: [authority],
    nodeId,
    certificate: answer.certificate,
  });
  // It came over the connection that the pin vouched for, so all of it is trusted.
  readStrangersBundle(url, controlCertificates);
  const record = { nodeId, cluster, coordinator: url };
  const node = 'member' in answer ? { ...record, member: answer.member } : { ...record, client: answer.client };
  await store.keep({ node, credential, controlCertificates });
  return node;
}
