// npm run load [-- --minutes N]: keeps this machine busy for a bounded time, to run the tests beside it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { optionsOrEnd } from '../support/options.ts';
import { busyDisk } from './busy-disk.ts';
import { busyFleet } from './busy-fleet.ts';
import { busyLoop } from './busy-loop.ts';
import { readOptions, usage } from './options.ts';

const options = optionsOrEnd(readOptions(process.argv.slice(2)), usage);

const { minutes, busyLoops, diskMiB } = options;
const ended = new AbortController();
setTimeout(() => ended.abort(), minutes * 60_000);
for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(name, () => ended.abort());

const folder = await mkdtemp(join(tmpdir(), 'picket-load-'));
console.log(
  `For ${minutes} minutes: ${busyLoops} busy loops, a file of ${diskMiB} MiB, clusters of three; Ctrl-C ends it.`,
);
let clusters = 0;
const formed = () => {
  clusters += 1;
  console.log(`${clusters} ${clusters === 1 ? 'cluster' : 'clusters'} formed`);
};
try {
  const loops = Array.from({ length: busyLoops }, () => busyLoop(ended.signal));
  const parts = [busyDisk(folder, diskMiB, ended.signal), busyFleet(folder, ended.signal, formed), ...loops];
  // Whatever fails ends the others too.
  await Promise.all(parts).finally(() => ended.abort());
  await Promise.allSettled(parts);
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log('The load has ended. Nothing is left: no process, no file.');
process.exit();
