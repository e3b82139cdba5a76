import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { blocksOf, commandsOf, unlike } from '../docs/shown-output.ts';
import { lineOf } from '../lab/installing.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { labOf } from '../lab/lab-of-test.ts';
import { until } from '../support/until.ts';

const page = await readFile(join(import.meta.dirname, '../../docs/tutorial.md'), 'utf8');
const within = 120_000;

t.test('the commands of the tutorial do what it shows', labNeeded, async (t) => {
  const lab = await labOf(t, { blank: true });
  const [first, second, third] = lab.hosts as [LabHost, LabHost, LabHost];
  const home = await mkdtemp(join(tmpdir(), 'picket-tutorial-'));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  const blocks = blocksOf(page);
  const blockFrom = (start: string) => {
    const block = blocks.find(([line]) => line?.startsWith(start));
    if (block === undefined) throw new Error(`the tutorial has no block that begins with ${start}`);
    return block;
  };
  const same = (shown: readonly string[], said: string) => t.equal(unlike(shown, said), undefined, said);

  await writeFile(join(home, 'hosts.csv'), `${blockFrom('ip,name').join('\n')}\n`);

  async function picket(command: string): Promise<string> {
    const args = command.replace('hosts.csv', join(home, 'hosts.csv')).split(' ').slice(1);
    const { code, stdout, stderr } = await lab.picket(...args);
    t.equal(code, 0, stderr);
    return stdout;
  }
  // Lines of the page that follow each other in one shell are one here, too.
  const on = (host: LabHost) => (command: string) => host.must(`. /etc/profile.d/etcdctl.sh; ${command}`);

  // test/lab/coordinator-service.test.ts does what the page shows of the installation.
  const skip = async () => undefined;

  async function statusWhenHealthy(command: string): Promise<string> {
    await Promise.all(lab.hosts.map((host) => host.boot()));
    const line = await lineOf(lab, '--uses', '3');
    same(blockFrom('/tmp/tmp.'), await first.must(line));
    await second.must(line);
    t.match(await third.must(line), /^✓ x-k3s-m-3 is a voter and serves$/m);
    await lab.healthy(within);
    return picket(command);
  }

  async function statusWhenStale(command: string): Promise<string> {
    await third.powerCut();
    return until(
      'the third board is called stale',
      async () => {
        const said = await picket(command);
        return said.includes('(stale)') && said;
      },
      { within, every: 1000 },
    );
  }

  async function afterBoot(command: string): Promise<string> {
    await third.boot();
    await lab.healthy(within);
    return on(third)(command);
  }

  const runs = [
    skip,
    skip,
    picket,
    picket,
    statusWhenHealthy,
    on(first),
    on(first),
    statusWhenStale,
    on(first),
    afterBoot,
    picket,
  ];
  const commands = commandsOf(blocks);
  t.equal(commands.length, runs.length);
  for (const [index, { command, output }] of commands.entries()) {
    const said = await runs[index]?.(command);
    if (said !== undefined) t.equal(unlike(output, said), undefined, `${command}\n${said}`);
  }
});
