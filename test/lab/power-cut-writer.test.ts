import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import { seeded, seedOfRun } from '../support/seeded.ts';
import { until } from '../support/until.ts';
import { disksNeeded } from './disks-needed.ts';
import { type Acknowledged, type Deed, deeds, findFaults } from './generations.ts';
import { openMountNamespace } from './mount-namespace.ts';
import { openDisk } from './power-cut-disk.ts';

const source = join(import.meta.dirname, '../../packages/agent/src/host/files/files.ts');
const program = join(import.meta.dirname, 'generation-writer.ts');
const seed = seedOfRun();

/** Builds the agent's own files.ts into one file, without `removed`, which must stand in it exactly once. */
async function buildWriter(folder: string, removed = ''): Promise<string> {
  const whole = await readFile(source, 'utf8');
  if (removed !== '' && whole.split(removed).length !== 2) {
    throw new Error(`files.ts does not hold this once, so nothing is shown by removing it: ${removed}`);
  }
  const outfile = join(folder, 'files.mjs');
  await build({
    stdin: { contents: whole.replace(removed, ''), resolveDir: dirname(source), sourcefile: source, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  return outfile;
}

/** Cuts the power of one writer's disk up to so many times; what was wrong after the first cut that showed anything. */
async function cutPower(t: Test, { cuts, without }: { cuts: number; without?: string }) {
  const folder = t.testdir({ disk: {} });
  const module = await buildWriter(folder, without);
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
for (const [missing, without] of [
  ['the fsync of a file', 'await file.sync();'],
  ['every fsync of a folder', 'await folder.sync();'],
  ['the fsync of the folder after a rename', '\n      await syncFolder(dirname(path));'],
  ['the fsync of the folder after a removal', '\n    await syncFolder(dirname(path));'],
] as const) {
  t.test(`R9: a writer without ${missing} is found out within twenty power cuts`, disksNeeded, async (t) => {
    const { cut, faults } = await cutPower(t, { cuts: 20, without });
    t.not(faults.length, 0, `PICKET_SEED=${seed}`);
    t.comment(`found by cut ${cut}: ${faults.join('; ')}`);
  });
}
