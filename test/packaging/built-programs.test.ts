import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import t from 'tap';
import { checksOf } from '../../demo/checks.ts';
import { runToEnd } from '../support/children.ts';
import { builtFor } from '../support/distribution.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { ensureNode, oldestNode } from '../support/node-releases.ts';
import { programsIn } from '../support/programs.ts';

t.jobs = 2;

const folder = await builtFor(t);
const programs = programsIn(folder);

// All other tests run on the newest release, so that the oldest one gets the whole of a formation.
for (const [node, network, members] of [
  [await ensureNode(oldestNode), 71, 3],
  [process.execPath, 72, 1],
] as const) {
  const release = (await runToEnd(node, ['--version'])).stdout.trim();

  t.test(`what was built forms a cluster of ${members} under Node.js ${release}`, async (t) => {
    const fleet = await fleetOf(t, { network, members, programs, node });
    await joinAll(fleet);
    await healthy(fleet);
    for (const [promise, holds] of checksOf(fleet)) t.ok(await holds(), promise);

    await Promise.all(fleet.machines.map((machine) => machine.stopAgent()));
    await fleet.stopCoordinator();
    await fleet.startCoordinator();
    for (const machine of fleet.machines) machine.startAgent();
    await healthy(fleet);
    t.match((await fleet.picket('status', cluster)).stdout, /x-k3s: healthy/, 'and so again from what they had kept');
  });
}

t.test('each says which Node.js it needs, to one that is too old', async (t) => {
  const preload = join(folder, '..', `${basename(folder)}-old.cjs`);
  const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.2' } });";
  await writeFile(preload, old);
  t.teardown(() => rm(preload));
  for (const program of Object.values(programs)) {
    const { code, stdout, stderr } = await runToEnd(process.execPath, ['--require', preload, program, '--version']);
    t.same({ code, stdout }, { code: 1, stdout: '' }, basename(program));
    t.match(stderr, /^error: this is Node\.js 20\.19\.2, and 22\.19 or newer is needed/);
  }
});
