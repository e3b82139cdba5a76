import { X509Certificate } from 'node:crypto';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import { freePort } from '../test/support/ports.ts';
import { until } from '../test/support/until.ts';
import type { Bench } from './bench.ts';
import { askOnce } from './load/connection.ts';
import { joinedNodes } from './load/joined-node.ts';
import { answersPerSecond } from './load/load.ts';
import { requestText } from './load/request.ts';
import { cfsslServer, signPath } from './peers/cfssl.ts';

const network = 77;
const csrs = 500;
const load = { connections: 16, warmUpSeconds: 2, seconds: 5, expect: 200 } as const;

/** A fleet renews at once after a change of CA: how fast can the coordinator go? */
export const issuance: Bench = {
  name: 'issuance',
  unit: '/s',
  better: 'higher',
  ours: `server certificates (P-256) from POST /v1/node/certificates over ${load.connections} kept-alive mutual TLS connections, each recorded in SQLite and fsynced before its answer`,
  peer: 'the same CSRs, with the same names, signed by `cfssl serve` (P-256, no database) at /api/v1/cfssl/sign over as many mutual TLS connections',
  leavesOut: [
    `Making keys and CSRs: ${csrs} are made beforehand and sent again and again.`,
    'cfssl keeps no record: nothing of what it signs can be listed or revoked. Both verify the CSR’s signature; ours also judges the certificate of the client for each request, refuses CSRs that ask for anything, and takes the names from the spec, where cfssl takes them from the request.',
    'cfssl signs on all processors, ours on one; the load generator, the same for both, shares them.',
    'fsync is as fast as this machine’s disk.',
  ],
  reach: 0.4,
  goal: 1,
  runs: 5,
  async prepare(surroundings) {
    const { signal } = surroundings;
    const { fleet, targets, serverPem, control } = await joinedNodes(surroundings, network, 1);
    const [target] = targets;
    const port = await freePort('127.0.0.1');
    const peer = await cfsslServer(surroundings, { serverPem, control, port });
    const bare = { ...target, port };

    const requested = await Promise.all(
      Array.from({ length: csrs }, async (_, number) =>
        createCsr({ key: await generateKey('p256'), commonName: `node ${number}` }),
      ),
    );
    const ours = requested.map((csr) => requestText('POST', '/v1/node/certificates', {}, { purpose: 'server', csr }));
    const issued = await askOnce(target, ours[0] ?? '');
    if (issued.status !== 200) throw new Error(`the coordinator issues nothing: ${issued.body}`);
    const hosts = namesIn((JSON.parse(issued.body) as { certificate: string }).certificate);
    const peers = requested.map((csr) => requestText('POST', signPath, {}, { certificate_request: csr, hosts }));
    await until('cfssl signs', async () => (await askOnce(bare, peers[0] ?? '')).status === 200, {
      within: 10_000,
      signal,
      lastSeen: () => peer.log(),
    });
    return {
      ours: () => answersPerSecond(surroundings, 'the-coordinator', { ...load, target, requests: ours }),
      peer: () => answersPerSecond(surroundings, 'cfssl', { ...load, target: bare, requests: peers }),
      async close() {
        await peer.stop();
        await fleet.stop();
      },
    };
  },
};

/** The names of a certificate, in the form that cfssl is asked for them. */
function namesIn(pem: string): string[] {
  const names = new X509Certificate(pem).subjectAltName ?? '';
  return names.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
}
