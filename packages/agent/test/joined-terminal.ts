import type { Test } from 'tap';
import { hostFiles } from '../src/host/files/files.ts';
import { identityStore } from '../src/identity/identity-store.ts';
import { beginJournal } from '../src/journal/journal-store.ts';
import { authority, credential, credentialPem, localhost } from './pki.ts';
import { type Terminal, terminal } from './terminal.ts';

const ca = await authority('control');
const identity = await credential(ca, {
  usage: 'node',
  sans: [{ type: 'uri', value: 'urn:picket:node:node00000001' }],
});

/** What a server needs to be the coordinator of such a machine. */
export const asCoordinator = {
  credential: await credentialPem(ca, { usage: 'coordinator', sans: localhost }),
  clientCa: ca.certificate.pem,
};

/** The machine of the member `a` of `k3s`, which has joined this coordinator. */
export async function joinedTerminal(t: Test, coordinator: string): Promise<Terminal> {
  const here = terminal(t);
  await identityStore(hostFiles(), here.stateDir).keep({
    node: {
      nodeId: 'node00000001',
      cluster: 'k3s',
      member: { name: 'a', address: '127.0.0.1', ports: { client: 1, peer: 2, metrics: 3 } },
      coordinator,
    },
    credential: identity,
    controlCertificates: ca.certificate.pem,
  });
  await beginJournal(hostFiles(), here.stateDir);
  return here;
}
