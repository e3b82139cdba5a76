import { writeFile } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import t from 'tap';
import { until } from '../support/until.ts';
import { coordinatorFor, member } from './debian-coordinator.ts';
import { shellOn } from './debian-shell.ts';
import { archives, ensureDebianSystem } from './debian-system.ts';
import { bareLine, lineOf } from './installing.ts';
import { cluster } from './names.ts';
import { placeNodeArchive } from './node-archive.ts';
import { startSystemdMachine, systemdNeeded } from './systemd-machine.ts';

const own = '/usr/lib/picket/node';
const version = process.versions.node.replaceAll('.', '\\.');

t.test('a Debian with Node.js 20 gets another one from the coordinator', systemdNeeded, async (t) => {
  const machine = await startSystemdMachine({ system: await ensureDebianSystem() });
  t.teardown(() => machine.end());
  const { run, must, state, etcdPid } = shellOn(machine);
  await writeFile(machine.seen('/etc/apt/sources.list'), archives.debian);
  const coordinator = await coordinatorFor(t, machine);
  const restartWith = async (level?: number) => {
    await coordinator.stop();
    if (level !== undefined) await placeNodeArchive(coordinator.installDir, level);
    await coordinator.start();
  };
  await must('apt-get update && apt-get install -y nodejs');
  const before = await state();
  const agentRuns = () => must('readlink /proc/$(systemctl show picket-agent --property=MainPID --value)/exe');

  await t.test('if the coordinator has none, the line refuses and leaves the machine as it was', async (t) => {
    const { code, stdout, stderr } = await run(await lineOf(coordinator));
    t.equal(code, 1, stdout);
    t.match(stderr, /^error: the Node\.js of this system is v20\.19\.2, and the agent needs 22\.19 or later$/m);
    t.match(stderr, /^hint: .* let the coordinator hand one out /m);
    t.strictSame(await state(), before);
  });

  await restartWith(1);
  const line = await lineOf(coordinator, '--uses', '3');

  await t.test('a dry run says what it would download, and its size', async (t) => {
    const { code, stdout, stderr } = await run(line.replace('sh "$f"', 'sh "$f" --dry-run'));
    t.equal(code, 0, stdout + stderr);
    t.match(
      stdout,
      new RegExp(`^would download Node\\.js ${version} from the coordinator \\(\\d\\d MB\\) to ${own}$`, 'm'),
    );
    t.notMatch(stdout, /would install .*nodejs/);
    t.strictSame(await state(), before);
  });

  await t.test('a join that fails takes it back', async (t) => {
    const { code, stdout, stderr } = await run(line.replace('sh "$f"', 'sh "$f" --name stranger'));
    t.equal(code, 1, stdout);
    t.match(stdout, new RegExp(`^✓ downloaded Node\\.js ${version} to ${own}$`, 'm'));
    t.match(stderr, failure('member_not_declared', { cluster, member: 'stranger', declared: member }).message);
    t.match(stderr, /^This machine is as it was\.$/m);
    t.strictSame(await state(), before);
  });

  await t.test('an archive with another hash is not used', async (t) => {
    await placeNodeArchive(coordinator.installDir, 3);
    const { code, stdout, stderr } = await run(line);
    t.equal(code, 1, stdout);
    t.match(
      stderr,
      /^error: Node\.js could not be fetched from |^error: .* did not return the Node\.js that this install command was made for$/m,
    );
    t.strictSame(await state(), before);
    await restartWith(1);
  });

  await t.test('R9: power that fails while it is unpacked leaves no half of it', async (t) => {
    const cut = run(line);
    await until('it is being unpacked', () => must(`ls ${own}/bin/node.new`), { within: 60_000, every: 5 });
    await machine.powerCycle();
    await coordinator.stop();
    t.not((await cut).code, 0);
    t.equal((await run(`ls ${own}/bin/node`)).code, 2);
    await coordinator.start();
  });

  await t.test('the line makes it a member whose agent runs with it', async (t) => {
    const { code, stdout, stderr } = await run(line);
    t.equal(code, 0, stdout + stderr);
    t.match(stdout, new RegExp(`^Downloading Node\\.js ${version} \\(\\d\\d MB\\) …$`, 'm'));
    t.match(stdout, new RegExp(`^✓ ${member} is a voter and serves$`, 'm'));
    t.equal(await agentRuns(), `${own}/bin/node`);
    t.equal(await must('node --version'), 'v20.19.2', 'that of the system is not concerned');
    t.same((await must(`cd ${own} && find . -type f`)).split('\n').sort(), ['./LICENSE', './archive', './bin/node']);
    t.match(await must('picket-agent status'), member);
  });

  await t.test('run twice, it changes nothing', async (t) => {
    const files = await state();
    const { code, stdout, stderr } = await run(line);
    t.equal(code, 0, stderr);
    t.match(stdout, /^Everything was installed already; nothing was changed\.$/m);
    t.strictSame(await state(), files);
  });

  await t.test('R2: --upgrade replaces it by another one, and etcd goes on', async (t) => {
    await restartWith(2);
    const pid = await etcdPid();
    const upgrade = await bareLine(coordinator, '--upgrade');
    const dry = await run(upgrade.replace('--upgrade', '--upgrade --dry-run'));
    t.match(dry.stdout, /^would download Node\.js /m, dry.stderr);
    const earlier = await must(`cat ${own}/archive; stat -c %i ${own}/bin/node`);
    const { code, stdout, stderr } = await run(upgrade);
    t.equal(code, 0, stdout + stderr);
    t.match(stdout, /^✓ downloaded Node\.js /m);
    t.match(stdout, /^✓ restarted the agent; etcd was not touched$/m);
    t.not(await must(`cat ${own}/archive; stat -c %i ${own}/bin/node`), earlier);
    t.same((await must(`cd ${own} && find . -type f`)).split('\n').sort(), ['./LICENSE', './archive', './bin/node']);
    t.equal(await agentRuns(), `${own}/bin/node`);
    t.equal(await etcdPid(), pid);
    t.match((await run(upgrade)).stdout, /nothing was changed$/m);
  });

  await t.test('after --uninstall and --purge the machine is as it was', async (t) => {
    const { code, stderr } = await run(await bareLine(coordinator, '--uninstall'));
    t.equal(code, 0, stderr);
    t.equal((await run(`ls ${own}`)).code, 2);
    t.equal((await run('sh /var/lib/picket/installer/install.sh --purge --yes')).code, 0);
    t.strictSame(await state(), before);
  });
});
