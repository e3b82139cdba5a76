import type { KeyObject } from 'node:crypto';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { type Credential, writeCredential } from '@picket/shared/pki/credential.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { latestIdentityRenewal, momentOfLifetime } from '@picket/shared/renewal.ts';
import type { CoordinatorLink } from '../coordinator/client.ts';
import { RemoteError } from '../coordinator/remote-error.ts';
import { heldCertificate } from '../credentials/credential-state.ts';
import type { Clock } from '../host/host.ts';
import type { CoordinatorTime } from '../model/clock-doubt.ts';
import type { AgentFailpoint, Failpoint } from '../program/failpoints.ts';
import type { Log } from '../program/log.ts';
import { credentialFromAnswer } from './credential-from-answer.ts';
import type { Identity, IdentityStore } from './identity-store.ts';
import { nodeRoleOf } from './node-record.ts';

interface RenewalDeps {
  readonly store: IdentityStore;
  readonly link: Pick<CoordinatorLink, 'certificate' | 'recover' | 'trust' | 'replace'>;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly failpoint: Failpoint;
  readonly log: Log;
}

export type IdentityRenewal = ReturnType<typeof identityRenewal>;

/** Renews the identity of a running agent in time (R15). */
export function identityRenewal(deps: RenewalDeps, identity: Identity) {
  const { store, link, clock, random, failpoint, log } = deps;
  const { node } = identity;
  const { name: commonName } = nodeRoleOf(node);
  let held = identity.credential;
  let drawn = random();

  async function takeOver(credential: Credential): Promise<void> {
    held = credential;
    drawn = random();
    await link.replace({ credential: writeCredential(credential) });
  }

  async function takeOverAnother(): Promise<void> {
    const stored = await store.loadWhole();
    if (stored === null || stored.node.nodeId !== node.nodeId) return;
    const { serial } = stored.credential.certificate;
    if (serial === held.certificate.serial) return;
    await takeOver(stored.credential);
    log.info({ serial }, 'another identity is on the disk; the agent uses it from now on');
  }

  function credentialOf(key: KeyObject, certificate: string): Credential {
    const { coordinator: url, nodeId } = node;
    return credentialFromAnswer({ url, key, authorities: readBundle(link.trust()), nodeId, certificate });
  }

  async function keep(credential: Credential, written: AgentFailpoint, said: string): Promise<void> {
    await store.keepCredential(credential);
    failpoint(written);
    await takeOver(credential);
    log.info({ until: credential.certificate.notAfter.toISOString() }, said);
  }

  /**
   * A new key each time. It is on the disk before the agent asks for a certificate, and in use once both are in one
   * file (R9).
   */
  async function renew(): Promise<void> {
    const key = await store.loadOrMakeNextKey(held);
    failpoint('renew.after-key');
    const csr = createCsr({ key, commonName });
    const { certificate } = await link.certificate({ purpose: 'identity', csr }).catch(async (error: unknown) => {
      // A copy of this node has renewed in between. Once the copy is gone, a request with this key would count as
      // another copy.
      if (error instanceof RemoteError && error.code === 'identity_key_used') await store.dropNextKey();
      throw error;
    });
    failpoint('renew.after-answer');
    await keep(credentialOf(key, certificate), 'renew.after-write', 'this node has renewed its identity');
  }

  /** The same key: after its certificate has ended, only this key proves the node's identity. */
  async function recover(): Promise<CoordinatorTime> {
    const { key } = held;
    const { certificate, now } = await link.recover({ csr: createCsr({ key, commonName }) });
    const coordinatorTime = { at: Date.parse(now), monotonic: clock.monotonic() };
    failpoint('recover.after-answer');
    const said = 'this node has recovered its identity, which had ended';
    await keep(credentialOf(key, certificate), 'recover.after-write', said);
    return coordinatorTime;
  }

  return {
    /** The identity in use, as the agent reports it. */
    held: () => heldCertificate(held.certificate, 'identity'),
    /** When to renew it, in milliseconds since the epoch. */
    dueAt: () => identityDueAt(held.certificate, drawn),
    /**
     * Takes over what a `join --again` has written beside the running agent, and renews or recovers what is due,
     * without a restart. Rejects with what a client or a write throws.
     *
     * @param clockDoubt why no date can be judged now (R14)
     * @returns the coordinator's time, if the answer had it
     */
    async look(clockDoubt: AnyReason | null): Promise<CoordinatorTime | null> {
      await takeOverAnother();
      if (clockDoubt !== null) return null;
      const due = identityDue(held.certificate, clock.now(), drawn);
      if (due === 'recover') return recover();
      if (due === 'renew') await renew();
      return null;
    },
  };
}

type IdentityDue = 'no' | 'renew' | 'recover';

type Lifetime = Pick<Certificate, 'notBefore' | 'notAfter'>;

const earliest = 3 / 5;

/**
 * What an identity needs now: a renewal at about two thirds of its lifetime or, after its end, recovery (R15).
 *
 * @param now milliseconds since the epoch, by a clock that can be right (R14)
 * @param random from 0 to 1, drawn once for each certificate, so that nodes that joined together do not renew together
 */
export function identityDue(lifetime: Lifetime, now: number, random: number): IdentityDue {
  // The certificate includes the last second of its lifetime (RFC 5280 4.1.2.5).
  if (now >= lifetime.notAfter.getTime() + 1000) return 'recover';
  return now >= identityDueAt(lifetime, random) ? 'renew' : 'no';
}

/**
 * When to renew an identity, in milliseconds since the epoch.
 * @param random as for {@link identityDue}
 */
function identityDueAt({ notBefore, notAfter }: Lifetime, random: number): number {
  const share = earliest + (latestIdentityRenewal - earliest) * random;
  return momentOfLifetime({ from: notBefore.getTime(), until: notAfter.getTime() }, share);
}
