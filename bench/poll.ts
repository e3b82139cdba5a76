import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startInBackground } from '../test/support/children.ts';
import { until } from '../test/support/until.ts';
import type { Bench } from './bench.ts';
import { joinedNodes } from './load/joined-node.ts';
import { answersPerSecond } from './load/load.ts';
import { type Poll, pollOf } from './load/poll-request.ts';
import type { UnchangedServer } from './peers/unchanged.ts';

const network = 76;
// A node may poll at most a million times a minute, which a fast machine reaches within three runs.
const nodes = 5;
const load = { connections: 16, warmUpSeconds: 2, seconds: 5, expect: 304 } as const;

/** What each agent asks for all of its incarnation: has anything changed? */
export const poll: Bench = {
  name: 'poll',
  unit: '/s',
  better: 'higher',
  ours: `polls answered with 304 by the coordinator's process, over ${load.connections} kept-alive mutual TLS connections, each request's certificate checked again`,
  peer: 'the same requests, answered with 304 and the same headers by a bare node:https handler that asks for a client certificate and looks at it once a connection, with the same certificates',
  leavesOut: [
    'The wait: agents ask with wait=30 and are held for as long; here wait=0 is answered at once.',
    'All connections of a run show the certificate of one node; the next run is another one of five nodes.',
    'Handshakes are made before the measured seconds.',
    'The load generator, the same for both, has a processor of this machine for itself, where there are two.',
  ],
  reach: 0.7,
  goal: 0.9,
  runs: 5,
  async prepare(surroundings) {
    const { folder, signal } = surroundings;
    const { fleet, targets, serverPem, control } = await joinedNodes(surroundings, network, nodes);
    const polls = await Promise.all(targets.map(pollOf));
    const [{ target, etag, requests }] = polls as [Poll, ...Poll[]];

    const file = join(folder, 'unchanged-server.json');
    const server: UnchangedServer = { serverPem, control, etag };
    await writeFile(file, JSON.stringify(server), { mode: 0o600 });
    const program = join(import.meta.dirname, 'peers/unchanged.ts');
    const peer = startInBackground(process.execPath, [program, file], join(folder, 'unchanged-server.log'));
    const port = await until('the bare server listens', () => Number(peer.log()) || null, { within: 10_000, signal });

    let runs = 0;
    return {
      ours: () => answersPerSecond(surroundings, 'the-coordinator', { ...load, ...(polls[runs++ % nodes] as Poll) }),
      peer: () => answersPerSecond(surroundings, 'the-bare-server', { ...load, target: { ...target, port }, requests }),
      async close() {
        await peer.stop();
        await fleet.stop();
      },
    };
  },
};
