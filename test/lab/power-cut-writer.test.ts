import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { build, type Plugin } from 'esbuild';
import t, { type Test } from 'tap';
import { seeded, seedOfRun } from '../support/seeded.ts';
import { until } from '../support/until.ts';
import { disksNeeded } from './disks-needed.ts';
import { type Acknowledged, type Deed, deeds, findFaults } from './generations.ts';
import { openMountNamespace } from './mount-namespace.ts';
import { openDisk } from './power-cut-disk.ts';

const source = join(import.meta.dirname, '../../packages/agent/src/host/files/files.ts');
const sharedSource = join(import.meta.dirname, '../../packages/shared/src/whole-file.ts');
const program = join(import.meta.dirname, 'generation-writer.ts');
const seed = seedOfRun();

/** A line that a writer lacks, and the file that it stands in exactly once. */
interface Missing {
  readonly file: string;
  readonly line: string;
}

/** Builds the agent's own files.ts and what it imports into one file. */
async function buildWriter(folder: string, missing: Missing | null): Promise<string> {
  const outfile = join(folder, 'files.mjs');
  await build({
    entryPoints: [source],
    outfile,
    plugins: missing === null ? [] : [without(missing)],
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  return outfile;
}

function without({ file, line }: Missing): Plugin {
  return {
    name: 'without a line',
    setup(build) {
      build.onLoad({ filter: /\/(whole-file|files)\.ts$/ }, async ({ path }) => {
        const whole = await readFile(path, 'utf8');
        if (path === file && whole.split(line).length !== 2) {
          throw new Error(`${file} does not hold this once, so nothing is shown by removing it: ${line}`);
        }
        return { contents: path === file ? whole.replace(line, '') : whole, loader: 'ts' };
      });
    },
  };
}

/** Cuts the power of one writer's disk up to so many times; what was wrong after the first cut that showed anything. */
async function cutPower(t: Test, { cuts, missing = null }: { cuts: number; missing?: Missing | null }) {
  const folder = t.testdir({ disk: {} });
  const module = await buildWriter(folder, missing);
  const namespace = await openMountNamespace();
  const disk = await openDisk({ folder, name: 'card', sizeMiB: 64, run: namespace.run });
  t.teardown(async () => {
    await disk.close();
    await namespace.end();
  });
  const at = join(folder, 'disk');
  await disk.mount(at);

  const choices = seeded(seed).stream(t.name);
  const acknowledged: Acknowledged[] = [];
  for (let cut = 1; cut <= cuts; cut += 1) {
    const first = Math.max(0, ...acknowledged.map(({ generation }) => generation)) + 2;
    // Every other cut comes right after a deed, each deed in its turn; the rest come wherever the writer may be.
    const deed = deeds[((cut - 1) / 2) % deeds.length];
    const stopAfter = deed === undefined ? '' : `${deed} ${first + choices.between(0, 4)}`;
    const enough = acknowledged.length + choices.between(1, 25);
    const reached = Promise.withResolvers<void>();

    const [command, ...args] = [...namespace.enter, process.execPath, program, module, at, String(first), stopAfter];
    const writer = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(writer, 'close');
    createInterface(writer.stdout).on('line', (line) => {
      const [deed, generation] = line.split(' ');
      acknowledged.push({ deed: deed as Deed, generation: Number(generation) });
      if (acknowledged.length >= enough) reached.resolve();
    });
    if (stopAfter === '') {
      await Promise.race([reached.promise, closed]);
      await sleep(choices.fraction() * 4);
      writer.kill('SIGSTOP');
    }
    // What it had said when it stopped was said before the cut.
    await until('the writer has stopped', () => / T /.test(readFileSync(`/proc/${writer.pid}/stat`, 'utf8')), {
      within: 20_000,
      every: 1,
    });
    const snapshot = await disk.snapshot();
    writer.kill('SIGKILL');
    await closed;
    await disk.replaceBy(snapshot);

    const faults = findFaults(namespace.seen(at), acknowledged);
    if (faults.length > 0) return { cut, acknowledged: acknowledged.length, faults };
  }
  return { cut: cuts, acknowledged: acknowledged.length, faults: [] };
}

t.test('R9: files, links and folders of the agent are whole and kept across power cuts', disksNeeded, async (t) => {
  const { faults, acknowledged } = await cutPower(t, { cuts: 20 });
  t.strictSame(faults, [], `PICKET_SEED=${seed}`);
  t.ok(acknowledged > 20);
});

// Told apart by their indentation.
for (const [what, file, line] of [
  ['the fsync of a file', sharedSource, 'await file.sync();'],
  ['every fsync of a folder', sharedSource, 'await handle.sync();'],
  ['the fsync of the folder after a rename', sharedSource, '\n  await syncToDisk(dirname(path));'],
  ['the fsync of the folder after a removal', source, '\n    await syncToDisk(dirname(path));'],
] as const) {
  t.test(`R9: a writer without ${what} is found out within twenty power cuts`, disksNeeded, async (t) => {
    const { cut, faults } = await cutPower(t, { cuts: 20, missing: { file, line } });
    t.not(faults.length, 0, `PICKET_SEED=${seed}`);
    t.comment(`found by cut ${cut}: ${faults.join('; ')}`);
  });
}
