import { readFile } from 'node:fs/promises';
import { connect as connectPlain } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { handshaken, requestText } from './attackers.ts';
import { largeReport } from './large-report.ts';
import type { Traitor, Victim } from './scene.ts';

// A program of its own, so that what honest clients wait for is the coordinator, and not the attack in their own process.

/** What the program reads from the file that is its argument. */
export interface Attack {
  readonly victim: Victim;
  readonly nodes: readonly Traitor[];
  readonly viewers: readonly Traitor[];
  readonly cluster: string;
}

const open = { close: false } as const;
const pause = 20;

/** Connects again and again, and does this with each connection until it closes. */
async function again(connected: () => ReturnType<typeof handshaken>, use: (of: Connection) => void): Promise<never> {
  for (;;) {
    const socket = await connected();
    if (!socket.destroyed) {
      use(socket);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    await sleep(pause);
  }
}

type Connection = Awaited<ReturnType<typeof handshaken>>;

/** Asks, and asks again for each answer. */
function insist(next: () => string): (socket: Connection) => void {
  return (socket) => {
    socket.on('data', () => socket.write(next()));
    socket.write(next());
  };
}

function askWithoutReading(request: string, times: number): (socket: Connection) => void {
  return (socket) => {
    socket.pause();
    socket.write(request.repeat(times));
  };
}

function times(count: number, begin: (index: number) => unknown): void {
  for (let index = 0; index < count; index += 1) begin(index);
}

async function bareConnections({ port }: Victim): Promise<never> {
  for (;;) {
    times(50, () => {
      const socket = connectPlain({ port, host: '127.0.0.1', localAddress: '127.0.0.3' });
      socket.on('error', () => undefined);
    });
    await sleep(50);
  }
}

const { victim, nodes, viewers, cluster }: Attack = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8'));
const expectation = requestText('GET', '/v1/trust-bundle', undefined, { close: false, headers: ['expect: more'] });
const events = requestText('GET', '/v1/events?limit=500', undefined, open);
const status = requestText('GET', `/v1/clusters/${cluster}/status`, undefined, open);
const poll = requestText('GET', '/v1/node/desired-state?wait=0', undefined, open);

times(200, () =>
  again(
    () => handshaken(victim, { localAddress: '127.0.0.2' }),
    insist(() => expectation),
  ),
);
void bareConnections(victim);
// Each at a machine of its own.
for (const [index, { credential, key }] of viewers.entries()) {
  const connected = () => handshaken(victim, { cert: credential, key, localAddress: `127.0.0.${11 + index}` });
  times(8, () => again(connected, askWithoutReading(events, 360)));
  times(8, () => again(connected, askWithoutReading(events, 30)));
  times(8, () => again(connected, askWithoutReading(status, 30)));
}
for (const [index, { credential, key }] of nodes.entries()) {
  const connected = () => handshaken(victim, { cert: credential, key, localAddress: `127.0.0.${21 + index}` });
  let sequence = 0;
  const report = () => {
    sequence += 1;
    return requestText('POST', '/v1/node/report', largeReport(sequence), open);
  };
  times(4, () =>
    again(
      connected,
      insist(() => poll),
    ),
  );
  times(4, () => again(connected, insist(report)));
}
console.log('begun');
