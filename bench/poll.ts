import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startInBackground } from '../test/support/children.ts';
import { until } from '../test/support/until.ts';
import type { Bench } from './bench.ts';
import { askOnce } from './load/connection.ts';
import { joinedNode } from './load/joined-node.ts';
import { answersPerSecond } from './load/load.ts';
import { requestText } from './load/request.ts';
import type { UnchangedServer } from './peers/unchanged.ts';

const network = 76;
const path = '/v1/node/desired-state?wait=0';
const load = { connections: 16, warmUpSeconds: 2, seconds: 5, expect: 304 } as const;

/** What each agent asks for all of its life: has anything changed? */
export const poll: Bench = {
  name: 'poll',
  unit: '/s',
  better: 'higher',
  ours: `polls answered with 304 by the coordinator's process, over ${load.connections} kept-alive mutual TLS connections, each request's certificate checked again`,
  peer: 'the same requests, answered with 304 and the same headers by a bare node:https handler that asks for a client certificate and looks at it once a connection, with the same certificates',
  leavesOut: [
    'The wait: agents ask with wait=30 and are held for as long; here wait=0 is answered at once.',
    'All connections show the certificate of one node.',
    'Handshakes are made before the measured seconds.',
    'The load generator, the same for both, has a processor of this machine for itself, where there are two.',
  ],
  reach: 0.6,
  goal: 0.9,
  runs: 5,
  async prepare(surroundings) {
    const { folder, signal } = surroundings;
    const { fleet, target, serverPem, control } = await joinedNode(surroundings, network);
    const first = await askOnce(target, requestText('GET', path));
    const etag = /\r\netag: *(\S+)/i.exec(first.head)?.[1];
    if (first.status !== 200 || etag === undefined) throw new Error(`the node has no desired state: ${first.head}`);

    const file = join(folder, 'unchanged-server.json');
    const server: UnchangedServer = { serverPem, control, etag };
    await writeFile(file, JSON.stringify(server), { mode: 0o600 });
    const program = join(import.meta.dirname, 'peers/unchanged.ts');
    const peer = startInBackground(process.execPath, [program, file], join(folder, 'unchanged-server.log'));
    const port = await until('the bare server listens', () => Number(peer.log()) || null, { within: 10_000, signal });

    const requests = [requestText('GET', path, { 'if-none-match': etag })];
    return {
      ours: () => answersPerSecond(surroundings, 'the-coordinator', { ...load, target, requests }),
      peer: () => answersPerSecond(surroundings, 'the-bare-server', { ...load, target: { ...target, port }, requests }),
      async close() {
        await peer.stop();
        await fleet.stop();
      },
    };
  },
};
