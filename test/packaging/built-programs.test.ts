import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import t from 'tap';
import { checksOf } from '../../demo/checks.ts';
import { bundleAgent } from '../../scripts/build/programs.ts';
import { runToEnd } from '../support/children.ts';
import { builtFor } from '../support/distribution.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { ensureNode, oldestNode } from '../support/node-releases.ts';
import { programsIn } from '../support/programs.ts';

t.jobs = 2;

const folder = await builtFor(t);
const programs = programsIn(folder);

t.test(`what was built forms a cluster under Node.js ${oldestNode}, the oldest that it runs on`, async (t) => {
  const node = await ensureNode(oldestNode);
  // More of it, and more members, in `npm run test:oldest`; all other tests run on the newest.
  const fleet = await fleetOf(t, { members: 1, programs, node });
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

t.test('the agent is at most 1.8 MB, and its service loads at most 1 MB, so that each start stays short', async (t) => {
  const service = join(t.testdir(), 'service.cjs');
  await bundleAgent(service, { seconds: 0 }, 'packages/agent/src/commands/service.ts');
  for (const [file, most] of [
    [programs.agent, 1_800_000],
    [service, 1_000_000],
  ] as const) {
    const { size } = await stat(file);
    t.ok(size <= most, `${basename(file)}: ${size} octets`);
  }
});
