import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureNode, oldestNode } from '../test/support/node-releases.ts';
import { root } from './build/project.ts';

// The agent's own tests and, with the built programs, those of whole clusters, all of them under the oldest Node.js that
// Picket runs on; `npm test` runs them under the newest. Arguments name the files to run instead.
const args = process.argv.slice(2);
const files =
  args.length > 0 ? args : [...globSync('packages/{shared,agent}/test/**/*.test.ts', { cwd: root }), ...systems()];
const node = await ensureNode(oldestNode);
const tap = join(root, 'node_modules/tap/dist/esm/run.mjs');
// tap starts `node` by the name of the process it runs in; what tests start by name is to be the same.
const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
console.error(`Under ${node} (Node.js ${oldestNode}):`);
const { status } = spawnSync(node, [tap, 'run', ...files], { cwd: root, stdio: 'inherit', env });
process.exitCode = status ?? 1;

function systems(): readonly string[] {
  const tests = ['main-job', 'formation', 'killed-at-failpoints', 'identity', 'join-again', 'client-node', 'rollout'];
  return [...tests.map((name) => `test/e2e/${name}.test.ts`), 'test/lab/systemd-driver.test.ts'];
}
