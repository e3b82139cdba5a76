import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { beforePath } from '../../demo/show.ts';
import { runToEnd, startInBackground } from '../support/children.ts';
import { commandLines } from '../support/command-lines.ts';
import { processesBelow } from '../support/fleet.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const runner = join(root, 'scripts/run.mjs');
const folderOf = (output: string): string | undefined => /is in (\S+picket-demo-\S+)/.exec(output)?.[1];

t.test('npm run demo -- --exit forms the cluster, checks it and leaves nothing', async (t) => {
  const { code, stdout, stderr } = await runToEnd(process.execPath, [runner, 'demo', '--', '--exit']);
  t.equal(code, 0, `${stdout}\n${stderr}`);
  t.notMatch(stdout, '✗');
  t.match(stdout, '✓ no client without a certificate gets in');
  await leavesNothing(t, folderOf(stdout));
});

t.test('Ctrl-C in the middle of a formation leaves nothing', async (t) => {
  const log = join(t.testdir(), 'demo.log');
  const demo = startInBackground(process.execPath, [runner, 'demo'], log);
  t.teardown(() => demo.stop('SIGINT'));
  // The first has its etcd by now or gets it this moment, the third has not joined.
  await until('two have joined', () => demo.log().includes('✓ x-k3s-m-2: picket-agent join'), {
    within: 60_000,
    lastSeen: demo.log,
  });
  process.kill(demo.pid, 'SIGINT');
  t.equal(await demo.ended, 130, demo.log());
  await leavesNothing(t, folderOf(demo.log()));
});

t.test('the lines that the demo prints for another terminal kill its parts and start them again', async (t) => {
  const log = join(t.testdir(), 'demo.log');
  const demo = startInBackground(process.execPath, [runner, 'demo'], log);
  t.teardown(() => demo.stop('SIGINT'));
  await until('the lines are there', () => demo.log().includes('Ctrl-C in this terminal'), {
    within: 120_000,
    lastSeen: demo.log,
  });
  const [, pasted = ''] = demo.log().split('Paste into another terminal:');
  const lines = pasted
    .split('\n')
    .flatMap((line) => (line.startsWith('  ') ? [line.trim()] : []))
    .flatMap(waiting(log));
  // As input, since `pkill -f` would also kill a shell that has the lines among its arguments.
  const { stdout, stderr } = await runToEnd('bash', [], {
    input: [...lines, lastWait, ''].join('\n'),
    within: 120_000,
  });
  t.match(stdout, 'Cluster x-k3s: healthy');
  t.match(stdout, '{"health":"true"');
  t.match(stdout, 'x-k3s-m-1, https:', 'etcdctl lists the members');
  t.equal(stdout.match(/^OK$/gm)?.length, 2, `etcd takes writes without the coordinator\n${stdout}${stderr}`);
  t.equal(`${stdout}${stderr}`.match(/ is healthy: /g)?.length, 3, 'an etcd goes on without its agent');
  t.match(stdout, /"code": "restarted",\s+"facts": \{\s+"member": "x-k3s-m-2"/);
  t.match(
    stdout,
    inWords(reason('cause_voter_down', { members: ['x-k3s-m-2'] })),
    'the diagnosis of the one that was frozen',
  );
  const running = [...commandLines().values()].map((command) => command.join(' '));
  const folder = folderOf(demo.log()) ?? 'no folder';
  for (const started of [`run --config ${folder}/x-k3s-m-3/agent.yml`, `serve --config ${folder}/coordinator.yml`]) {
    t.ok(
      running.some((command) => command.endsWith(started)),
      started,
    );
  }
  await demo.stop('SIGINT');
  await leavesNothing(t, folder);
});

/** A person reads the messages in the other terminal, and ends what follows the events with Ctrl-C. */
function waiting(log: string): (line: string) => readonly string[] {
  const seen = (message: string) => `until grep -q '${message}' ${log}; do sleep 0.2; done`;
  return (line) => {
    if (line.endsWith('--follow')) return [seen('✉ .*at risk')];
    return line.startsWith('pkill -CONT') ? [line, seen('✉ Over: ')] : [line];
  };
}

const lastWait = `until picket status x-k3s -o json | grep -A 2 '"code": "restarted"'; do sleep 0.2; done`;

t.test('the programs are found in any shell, whatever the path of the checkout', async (t) => {
  const path = { PATH: '/usr/bin:/bin:/home/ada/some programs' };
  for (const shell of ['bash', 'sh']) {
    const input = `${beforePath(['/home/ada/it’s my picket', "/opt/ada's etcd"])}\necho "$PATH"\n`;
    const { stdout } = await runToEnd(shell, [], { input, env: path });
    t.equal(stdout, `/home/ada/it’s my picket:/opt/ada's etcd:${path.PATH}\n`, shell);
  }
});

t.test('an unknown option is refused with the usage', async (t) => {
  const { code, stdout } = await runToEnd(process.execPath, [runner, 'demo', '--', '--exist']);
  t.equal(code, 2);
  t.match(stdout, 'npm run demo -- --exit');
});

async function leavesNothing(
  t: { same(a: unknown, b: unknown, m: string): boolean },
  folder: string | undefined,
): Promise<void> {
  if (folder === undefined) throw new Error('the demo did not name its folder');
  t.same(await processesBelow(folder), [], 'no process is left');
  const left = (await readdir(tmpdir())).filter((name) => folder.endsWith(`/${name}`));
  t.same(left, [], 'no file is left');
}
