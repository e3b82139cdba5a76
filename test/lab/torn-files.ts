import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from '@picket/shared/etcd-config/parse.ts';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import { loadPrivateKeyPem } from '@picket/shared/pki/keys.ts';

/** The conf.yml of etcd's package, which is whole, and nobody's. */
const sample = readFileSync(join(import.meta.dirname, 'packages/etcd/etc/etcd/conf.yml'), 'utf8');

/** Every file of Picket's that a node lives by, and what shows that it is whole. */
const judges: Readonly<Record<string, (text: string) => unknown>> = {
  '/etc/etcd/conf.yml': (text) => text === sample || parse(text),
  '/etc/etcd/ca.pem': readBundle,
  '/etc/etcd/peer-ca.pem': readBundle,
  '/etc/etcd/server.pem': readCredential,
  '/etc/etcd/peer.pem': readCredential,
  '/etc/etcd/client.pem': readCredential,
  '/etc/init.d/etcd': (text) => requireEnd(text, '}\n'),
  '/etc/profile.d/etcdctl.sh': (text) => requireEnd(text, '\n'),
  '/var/lib/picket/identity.pem': readCredential,
  '/var/lib/picket/identity.key': loadPrivateKeyPem,
  '/var/lib/picket/journal.json': JSON.parse,
  '/var/lib/picket/desired-state.json': JSON.parse,
};

/**
 * The files that are there and not whole, each with why (R9).
 *
 * @param place where this process finds what lies at a path on the host
 */
export async function tornFiles(place: (path: string) => string): Promise<readonly string[]> {
  const torn: string[] = [];
  for (const [path, judge] of Object.entries(judges)) {
    const text = await readFile(place(path), 'utf8').catch(() => null);
    if (text === null) continue;
    try {
      judge(text);
    } catch (error) {
      torn.push(`${path} (${text.length} characters): ${(error as Error).message}`);
    }
  }
  return torn;
}

function requireEnd(text: string, end: string): void {
  if (!text.endsWith(end)) throw new Error(`it does not end with ${JSON.stringify(end)}`);
}
