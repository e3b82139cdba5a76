import { failure, type PicketError } from '@picket/shared/errors.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { checkDates } from '@picket/shared/pki/verify.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from '../model/instant.ts';
import type { IdentityDeps } from './deps.ts';
import type { KeyStanding, Resolution } from './principals.ts';
import { readUri } from './uris.ts';

type AfterRestoreDeps = Pick<IdentityDeps, 'restoration' | 'directory' | 'shownKeys' | 'now'>;

/** Why a certificate is not accepted, and whether its use is the sign of a copy (R15). */
export interface Refusal {
  readonly error: PicketError;
  readonly copy?: { readonly nodeId: string; readonly because: Reason };
}

export type AfterRestore = ReturnType<typeof afterRestoreJudge>;

/**
 * Judges certificates for a store that was restored from a backup. Such a store may not know the present keys of its
 * nodes, nor which of the known keys were given up since. Each key that a node uses is noted for an operator. Until the
 * operator has confirmed it, only a key that is in force in the store is accepted.
 */
export function afterRestoreJudge({ restoration, directory, shownKeys, now }: AfterRestoreDeps) {
  const note = (nodeId: string, certificate: Certificate) => shownKeys.note(nodeId, certificate, now());

  const newerThanBackup = (nodeId: string, { commonName }: Certificate) =>
    failure('node_newer_than_backup', { nodeId, name: commonName ?? 'a node' });

  /**
   * What a key is to this node; null for a key by which no operator may re-adopt it. Retention forgets a superseded key
   * long after its certificates have ended. So if a certificate had ended when the backup was made and its key is
   * unknown, the node gave that key up before the backup; the key is not a newer one (R15).
   */
  function standingOf(nodeId: string, { spkiHash, notAfter }: Certificate): KeyStanding | null {
    const standing = directory.standingOf(nodeId, spkiHash);
    const backupAt = restoration.current?.backupAt ?? Number.NEGATIVE_INFINITY;
    return standing?.kind === 'unknown' && notAfter.getTime() < backupAt ? null : standing;
  }

  return {
    /** @param certificate one that the control authority issued; @returns null if the present verdict stands */
    judge(certificate: Certificate, found: Resolution): Refusal | null {
      const nodeId = restoration.current === null ? null : nodeNamedIn(certificate);
      if (nodeId === null) return null;
      if (found.principal === undefined && found.notKnown !== true) return null;
      // A certificate that the store knows has been judged by the dates in the store.
      if (found.principal === undefined && !isInDate(certificate, now())) return null;
      if (!directory.isKnown(nodeId)) {
        note(nodeId, certificate);
        return { error: newerThanBackup(nodeId, certificate) };
      }
      const standing = standingOf(nodeId, certificate);
      // Of an evicted node, and a key of another node: refused as always.
      if (standing === null) return null;
      if (standing.kind === 'superseded') {
        return found.principal === undefined ? superseded(nodeId, standing.generation) : null;
      }
      const awaits = restoration.awaits(nodeId);
      if (found.principal !== undefined && !awaits) return null;
      note(nodeId, certificate);
      if (found.principal !== undefined && standing.kind === 'in-force') return null;
      const error = failure('node_awaits_readoption', { nodeId });
      if (awaits || standing.kind === 'in-force') return { error };
      return { error, copy: { nodeId, because: reason('former_key_shown') } };
    },

    /**
     * Notes the key of a node that would recover its identity: its certificate has ended, so its dates are not checked.
     * Throws `node_awaits_readoption` for a node that an operator must re-adopt first.
     *
     * @param certificate one that the control authority issued
     */
    recovering(certificate: Certificate | null): void {
      if (restoration.current === null || certificate === null) return;
      const nodeId = nodeNamedIn(certificate);
      if (nodeId === null) return;
      if (!directory.isKnown(nodeId)) {
        note(nodeId, certificate);
        throw newerThanBackup(nodeId, certificate);
      }
      const standing = standingOf(nodeId, certificate);
      if (standing === null || standing.kind === 'superseded') return;
      if (standing.kind !== 'unknown' && !restoration.awaits(nodeId)) return;
      note(nodeId, certificate);
      throw failure('node_awaits_readoption', { nodeId });
    },
  };
}

/** The node that a certificate is for; null if it is for none. */
function nodeNamedIn({ sans }: Certificate): string | null {
  const [uri, ...others] = sans.filter(({ type }) => type === 'uri');
  const read = others.length > 0 ? undefined : readUri(uri?.value ?? '');
  return read?.kind === 'node' ? read.name : null;
}

function superseded(nodeId: string, generation: number): Refusal {
  const because = reason('superseded_key_shown', { generation });
  return { error: failure('identity_superseded', { nodeId, generation }), copy: { nodeId, because } };
}

function isInDate(certificate: Certificate, now: Instant): boolean {
  try {
    checkDates(certificate, new Date(now));
    return true;
  } catch {
    return false;
  }
}
