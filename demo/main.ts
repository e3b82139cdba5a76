import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureEtcd } from '../test/support/etcd-binaries.ts';
import { killAllBelow, makeFleet } from '../test/support/fleet.ts';
import { checkEverything } from './checks.ts';
import { formCluster } from './form-cluster.ts';
import { printMessages } from './messages.ts';
import { linesToPaste, showTables } from './show.ts';

const usage = `npm run demo            a coordinator, three agents and three etcd members on 127.0.0.11–13, until Ctrl-C
npm run demo -- --exit  the same, then checks of all of it, and an end: exit status 0 if every one held`;

/** The seed's three hosts, on addresses of this machine. */
const hosts = [1, 2, 3].map((number) => ({ name: `x-k3s-m-${number}`, address: `127.0.0.1${number}` }));

/** Messages come sooner than usual, since somebody waits for them. */
const settings = ['notifications: { longestSettleSeconds: 5 }'];

const say = (line: string): void => console.log(line);

async function main(args: readonly string[]): Promise<number> {
  const known = args.every((arg) => arg === '--exit');
  if (!known) {
    say(usage);
    return args.includes('--help') ? 0 : 2;
  }
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopping.abort());
  }
  const etcd = await ensureEtcd({ env: process.env, say });
  const folder = await mkdtemp(join(tmpdir(), 'picket-demo-'));
  try {
    say(`etcd ${etcd.version}; everything of this demo is in ${folder}`);
    const fleet = await makeFleet({ folder, etcd, hosts, settings, signal: stopping.signal });
    await formCluster(fleet, stopping.signal, say);
    await showTables(fleet, say);
    if (args.includes('--exit')) return (await checkEverything(fleet, say)) ? 0 : 1;
    await printMessages(fleet, stopping.signal, say);
    say(linesToPaste(fleet, etcd));
    await aborted(stopping.signal);
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    say(`\n✗ ${(error as Error).message}`);
    return 1;
  } finally {
    say('\nStopping etcd, the agents and the coordinator …');
    await killAllBelow(folder);
    await rm(folder, { recursive: true, force: true });
    say('Nothing is left: no process, no file.');
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    // A pending promise keeps no process alive; this does, until Ctrl-C.
    const awake = setInterval(() => undefined, 60_000);
    signal.addEventListener('abort', () => {
      clearInterval(awake);
      resolve();
    });
  });
}

process.exitCode = await main(process.argv.slice(2));
