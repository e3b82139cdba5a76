import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildTime } from './build/build-time.ts';
import { buildDistribution } from './build/distribution.ts';
import { buildPrograms, bundleAgent } from './build/programs.ts';
import { root } from './build/project.ts';
import { sumsFile } from './build/sums.ts';

// `build` makes dist/ or the folder named by --out, which must be empty; `build FILE` the agent alone, in that file;
// `build --programs FOLDER` what tests run: the three programs, and no package.

const { values, positionals } = parseArgs({
  options: { out: { type: 'string' }, programs: { type: 'string' } },
  allowPositionals: true,
});
const time = await buildTime(process.env);
const [agentFile] = positionals;

if (values.programs !== undefined) {
  await buildPrograms(resolve(values.programs), time);
} else if (agentFile !== undefined) {
  const outfile = resolve(agentFile);
  await bundleAgent(outfile, time);
  const size = ((await stat(outfile)).size / 1024).toFixed(0);
  console.log(`${relative(process.cwd(), outfile)}  ${size} KiB, built at ${told(time.seconds)} (${time.from})`);
} else {
  const folder = resolve(values.out ?? join(root, 'dist'));
  const others = values.out === undefined ? [] : await readdir(folder).catch(() => []);
  if (others.length > 0) throw new Error(`${folder} is not empty; what is in it would be removed.`);
  const key = await buildDistribution(folder, time, process.env);
  console.log(`${folder}: see its ${sumsFile}; built at ${told(time.seconds)} (${time.from})`);
  console.log(
    key.made
      ? `The Alpine packages are signed with a key that this build has made: ${key.file}. Keep it: the machines that trust it take upgrades from no other.`
      : `The Alpine packages are signed with ${key.file}.`,
  );
  console.log(
    `To make the coordinator a service of this machine: sudo ${process.execPath} ${join(folder, 'picket-coordinator.cjs')} install`,
  );
}

function told(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
