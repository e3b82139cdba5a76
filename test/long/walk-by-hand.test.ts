import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import t from 'tap';
import { stepsOf } from '../docs/page.ts';
import { unlike } from '../docs/shown-output.ts';
import { runToEnd } from '../support/children.ts';
import { cacheFolder } from '../support/debian-packages.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';

const root = join(import.meta.dirname, '../..');

// The page names addresses and ports. In a network of its own, no other run of the page and no demo uses them.
const isolation = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
const unshare = [isolation, ['--map-root-user', ...isolation]].find(
  (options) => spawnSync('unshare', [...options, 'ip', 'link', 'set', 'lo', 'up']).status === 0,
);
if (unshare === undefined && process.env.CI === 'true') {
  throw new Error(
    'This machine lets no test have a network of its own: run the tests as root, or allow user namespaces.',
  );
}
const needed = unshare === undefined ? { skip: 'a network of its own is not allowed here' } : {};

t.test('the commands of the walk by hand do what the page shows', needed, async (t) => {
  const home = t.testdir();
  const etcd = await ensureEtcd();
  const cache = cacheFolder('', process.env);
  const isUnpacked = etcd.etcd.startsWith(cache);
  mkdirSync(join(home, '.cache'));
  if (isUnpacked) symlinkSync(cache, join(home, '.cache/picket'));
  const steps = stepsOf('docs/how-to/walk-by-hand-on-one-machine.md');
  const script = join(home, 'commands.sh');
  writeFileSync(script, scriptOf(steps.map(({ commands }) => commands)));

  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.startsWith(root));
  const { stdout } = await runToEnd(
    'unshare',
    [...(unshare ?? []), 'sh', '-c', 'ip link set lo up && exec bash "$0" 2>&1', script],
    {
      cwd: root,
      env: { HOME: home, PATH: [...(isUnpacked ? [] : [dirname(etcd.etcd)]), ...path].join(delimiter) },
    },
  );

  const printed = stdout.split(marker);
  t.equal(printed.length, steps.length + 1, 'each block was run');
  const user = unshare?.includes('--map-root-user') ? 'root' : userInfo().username;
  for (const [index, { commands, output }] of steps.entries()) {
    const said = (printed[index] ?? '').replaceAll(home, '/home/ME').replace(`etcdUser: ${user}`, 'etcdUser: ME');
    const isRefusal = output[0]?.startsWith('picket: ') === true;
    if (!isRefusal) t.notMatch(said, failed, commands);
    t.equal(unlike(output, said), undefined, commands, { said });
  }
  // npm may write its log there.
  const left = readdirSync(home).filter((name) => name !== '.npm');
  t.strictSame(left.sort(), ['.cache', 'commands.sh'], 'nothing is left');
});

const marker = '--- the next block';
const failed = '--- failed: ';

/** All blocks in one shell, as a person has them in one terminal. */
function scriptOf(blocks: readonly string[]): string {
  const parts = blocks.flatMap((commands) => [commands, `echo '${marker}'`]);
  return [`trap 'echo "${failed}$BASH_COMMAND"' ERR`, ...parts, ''].join('\n');
}
