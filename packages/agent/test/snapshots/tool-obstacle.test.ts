import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { runToEnd } from '../../../../test/support/children.ts';
import { mountsNeeded, ownMounts } from '../../../../test/support/own-mounts.ts';
import { programObstacle } from '../../src/programs/fetch-program.ts';
import { temporaryFolder } from '../support.ts';

const module = new URL('../../src/programs/fetch-program.ts', import.meta.url).href;

/** What keeps a fetched program from running below `m` after this was mounted. */
async function obstacleOn(t: Test, mountCommand: string): Promise<unknown> {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'm'));
  const script = `
    const { programObstacle } = await import(${JSON.stringify(module)});
    const obstacle = await programObstacle(${JSON.stringify(join(root, 'm/picket'))}, { uid: 65534, gid: 65534 });
    console.log(JSON.stringify(obstacle).replaceAll(${JSON.stringify(root)}, 'ROOT'));`;
  const shell = `cd "$0" && ${mountCommand} && mkdir m/picket && exec "$@"`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  const { stdout, stderr } = await runToEnd('unshare', [...ownMounts, 'sh', '-ec', shell, root, ...node]);
  return stdout === '' ? stderr : JSON.parse(stdout);
}

t.test('a state folder that is mounted noexec is reported, with the command that helps', mountsNeeded, async (t) => {
  t.strictSame(
    await obstacleOn(t, 'mount -t tmpfs -o noexec,nosuid none m'),
    reason('tool_folder_noexec', { path: 'ROOT/m/picket', mountPoint: 'ROOT/m' }),
  );
});

t.test('a folder in which programs can run is no obstacle', mountsNeeded, async (t) => {
  t.equal(await obstacleOn(t, 'mount -t tmpfs -o nosuid none m'), null);
});

t.test('no fetched program runs as root', async (t) => {
  t.match(await programObstacle('/', { uid: 0, gid: 0 }), { code: 'tool_would_run_as_root' });
});
