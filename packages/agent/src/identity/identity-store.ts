import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import { type Credential, readCredential, writeCredential } from '@picket/shared/pki/credential.ts';
import { exportPrivateKeyPem, generateKey, loadPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import { spkiHash } from '@picket/shared/pki/spki.ts';
import type { HostFiles } from '../host/host.ts';
import { unlessRefused } from '../program/unless-refused.ts';
import { formatNodeRecord, type NodeRecord, parseNodeRecord } from './node-record.ts';

/** The identity of this node. */
export interface Identity {
  readonly node: NodeRecord;
  /** Certificate and key in one PEM, as TLS takes it. */
  readonly credentialPem: string;
  readonly credential: Credential;
  /** PEM bundle of the control authorities. */
  readonly controlCertificates: string;
}

export type IdentityStore = ReturnType<typeof identityStore>;

/** The URI in a node's certificate. */
export function nodeUri(nodeId: string): string {
  return `urn:picket:node:${nodeId}`;
}

/**
 * The node's identity in the agent's state folder. Its key is made there and never leaves it (R7).
 *
 * @param stateDir the agent's state folder, made if it is missing; etcd runs unprivileged and passes through it to its
 *   data
 */
export function identityStore(files: HostFiles, stateDir: string) {
  const paths = {
    credential: join(stateDir, 'identity.pem'),
    key: join(stateDir, 'identity.key'),
    nextKey: join(stateDir, 'identity-next.key'),
    bundle: join(stateDir, 'control-ca.pem'),
    node: join(stateDir, 'node.json'),
  };
  const damaged = (problem: string, cause?: unknown) =>
    failure('identity_damaged', { path: stateDir, problem }, { cause });

  async function write(path: string, content: string, mode: number): Promise<void> {
    await files.ensureFolder(stateDir, 0o711, null);
    await files.writeWhole({ path, content, mode, owner: null });
  }

  const store = {
    /** null before the node has joined. Throws `identity_damaged` if the files do not fit together. */
    async load(): Promise<Identity | null> {
      const credentialPem = await files.read(paths.credential);
      if (credentialPem === null) return null;
      const [bundle, text] = await Promise.all([files.read(paths.bundle), files.read(paths.node)]);
      if (bundle === null) throw damaged('control-ca.pem is missing');
      if (text === null) throw damaged('node.json is missing');
      const node = parseNodeRecord(text);
      if (node === null) throw damaged('node.json cannot be read');
      const unreadable = (file: string) => (cause: PicketError) => {
        throw damaged(`${file} cannot be read`, cause);
      };
      const credential = unlessRefused(() => readCredential(credentialPem), unreadable('identity.pem'));
      unlessRefused(() => readBundle(bundle), unreadable('control-ca.pem'));
      // A join that was killed while it replaced an identity leaves the new record beside the old certificate.
      if (!credential.certificate.sans.some(({ value }) => value === nodeUri(node.nodeId))) {
        throw damaged(`identity.pem is not the certificate of node ${node.nodeId}, which node.json names`);
      }
      return { node, credentialPem, credential, controlCertificates: bundle };
    },
    /** As `load`, and null if the files do not fit together: a join may be writing them, one after another. */
    async loadWhole(): Promise<Identity | null> {
      return store.load().catch((error: unknown) => {
        if (error instanceof PicketError && error.code === 'identity_damaged') return null;
        throw error;
      });
    },
    /** The trusted control authorities, even if the rest is damaged; null if they cannot be read. */
    async controlCertificates(): Promise<string | null> {
      const bundle = await files.read(paths.bundle);
      try {
        return bundle === null || readBundle(bundle).length === 0 ? null : bundle;
      } catch {
        return null;
      }
    },
    /**
     * The key to join with: that of an earlier attempt, the identity's own, or a new one. It is on the disk before this
     * resolves, so that after a lost answer the node asks again with the same key.
     */
    async loadOrMakeKey(): Promise<KeyObject> {
      const [pending, credential] = await Promise.all([files.read(paths.key), files.read(paths.credential)]);
      const kept = keyIn(pending, loadPrivateKeyPem) ?? keyIn(credential, (pem) => readCredential(pem).key);
      const key = kept ?? (await generateKey('p256'));
      const content = exportPrivateKeyPem(key);
      if (pending !== content) await write(paths.key, content, 0o600);
      return key;
    },
    /**
     * The key to renew this identity with: that of an earlier attempt, or a new one. It is on the disk before this
     * resolves: if asked again with the same key, the coordinator gives the same answer (R15).
     */
    async loadOrMakeNextKey(held: Credential): Promise<KeyObject> {
      const kept = keyIn(await files.read(paths.nextKey), loadPrivateKeyPem);
      // A renewal that was killed before its last write leaves the key that is in use now.
      if (kept !== null && spkiHash(kept) !== held.certificate.spkiHash) return kept;
      const key = await generateKey('p256');
      await write(paths.nextKey, exportPrivateKeyPem(key), 0o600);
      return key;
    },
    /** The next renewal makes another key. */
    dropNextKey: () => files.remove(paths.nextKey),
    /** Stores the result of a join. The credential makes it count and is written last (R9). */
    async keep({
      node,
      credential,
      controlCertificates,
    }: {
      node: NodeRecord;
      credential: Credential;
      controlCertificates: string;
    }) {
      await store.keepControlCertificates(controlCertificates);
      await store.keepNode(node);
      await store.keepCredential(credential);
    },
    /** Stores what is known of the node whose certificate this is. */
    keepNode: (node: NodeRecord) => write(paths.node, formatNodeRecord(node), 0o644),
    /** Stores a renewed certificate with its key. */
    async keepCredential(credential: Credential) {
      await write(paths.credential, writeCredential(credential), 0o600);
      await Promise.all([files.remove(paths.key), files.remove(paths.nextKey)]);
    },
    /** Throws `pem_malformed`, `certificate_malformed`, `bundle_holds_key`; the old bundle then stays. */
    async keepControlCertificates(bundle: string) {
      readBundle(bundle);
      await write(paths.bundle, bundle, 0o644);
    },
  };
  return store;
}

/** null without a file, and for one that a failing card has damaged: the caller then makes a new key. */
function keyIn(pem: string | null, read: (pem: string) => KeyObject): KeyObject | null {
  try {
    return pem === null ? null : read(pem);
  } catch {
    return null;
  }
}
