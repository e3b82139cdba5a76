// Run by power-cut-writer.test.ts: writes one generation after another until it is killed, with the `hostFiles` of the
// module that it is given; stops itself right after the deed `stopAfter`, such as `link 7`, if there is one. A line on a
// pipe is written before the call returns, so what is said has been done.
import { writeSync } from 'node:fs';
import type { HostFiles } from '@picket/agent/host/host.ts';
import { writeGeneration } from './generations.ts';

const [module, folder, first, stopAfter] = process.argv.slice(2) as [string, string, string, string];
const { hostFiles } = (await import(module)) as { hostFiles: () => HostFiles };
const files = hostFiles();
for (let generation = Number(first); ; generation += 1) {
  await writeGeneration(files, folder, generation, ({ deed }) => {
    const done = `${deed} ${generation}`;
    writeSync(1, `${done}\n`);
    if (done === stopAfter) process.kill(process.pid, 'SIGSTOP');
  });
}
