import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { buildTime } from '../../scripts/build/build-time.ts';
import { filesBelow } from '../../scripts/build/place.ts';
import { streamsOf } from '../support/apk-streams.ts';
import { runToEnd } from '../support/children.ts';
import { builtFor, timeOfBuild } from '../support/distribution.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '../..');
const needed = ['LICENSE', 'docs', 'etc', 'package.json', 'packages', 'packaging', 'scripts', 'tsconfig.json'];

async function scratch(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'picket-build-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The workspace again, elsewhere: with links where the file system allows, as it is large. */
async function copyOfProject(folder: string): Promise<string> {
  const copy = join(folder, 'another', 'place');
  // Of the cache in there, which tests that run meanwhile write, only what would be downloaded again.
  const modules = (await readdir(join(project, 'node_modules'))).filter((name) => name !== '.cache');
  await mkdir(join(copy, 'node_modules/.cache'), { recursive: true });
  const archives = 'node_modules/.cache/node-archives';
  await run('cp', ['-a', join(project, archives), join(copy, archives)]);
  for (const [names, to] of [
    [needed, copy],
    [modules.map((name) => join('node_modules', name)), join(copy, 'node_modules')],
  ] as const) {
    const from = names.map((name) => join(project, name));
    await run('cp', ['-al', ...from, to]).catch(() => run('cp', ['-a', ...from, to]));
  }
  return copy;
}

/** Every file of a built folder, but Alpine's packages, which each machine signs with a key of its own. */
async function unsignedIn(folder: string): Promise<readonly string[]> {
  return (await filesBelow(folder)).filter((file) => !file.startsWith('alpine/'));
}

/** Each of them with its mode. */
async function modesIn(folder: string): Promise<readonly string[]> {
  const files = await unsignedIn(folder);
  return Promise.all(
    files.map(async (file) => `${((await stat(join(folder, file))).mode & 0o777).toString(8)} ${file}`),
  );
}

t.test('two builds in two folders, by two people, are the same byte for byte', async (t) => {
  const folder = await scratch(t);
  const one = await builtFor(t);
  const copy = await copyOfProject(folder);
  const two = join(copy, 'dist');
  const line = ['-c', 'umask 077; exec "$@"', 'sh', process.execPath, join(copy, 'scripts/build.ts')];
  const { code, stderr } = await runToEnd('sh', line, {
    env: {
      ...timeOfBuild,
      TZ: 'Asia/Shanghai',
      LC_ALL: 'zh_CN.UTF-8',
      HOME: folder,
      XDG_CONFIG_HOME: '',
      PICKET_APK_KEY: '',
    },
    cwd: folder,
  });
  t.equal(code, 0, stderr);

  const sums = await readFile(join(one, 'SHA256SUMS'), 'utf8');
  t.equal(await readFile(join(two, 'SHA256SUMS'), 'utf8'), sums);
  t.same(await modesIn(two), await modesIn(one));

  const listed = sums
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(66));
  t.same(
    listed,
    (await unsignedIn(one)).filter((file) => file !== 'SHA256SUMS'),
    'every file is listed',
  );
  for (const file of await filesBelow(join(one, 'alpine'))) {
    if (file.endsWith('.rsa.pub')) continue;
    const [ours, theirs] = await Promise.all([one, two].map((from) => readFile(join(from, 'alpine', file))));
    const unsigned = (bytes = Buffer.alloc(0)) =>
      streamsOf(bytes)
        .slice(1)
        .map(({ packed }) => packed);
    // Not the indexes: they name the sizes of the packages, signatures and all.
    if (file.endsWith('.apk')) t.same(unsigned(ours), unsigned(theirs), file);
  }
  const checked = await runToEnd('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: one });
  t.same([checked.code, checked.stdout], [0, '']);

  const telling: string[] = [];
  for (const file of listed) {
    // Compressed, of the registry's making, and larger than a string of Node.js should be.
    if (file.endsWith('.tgz') || file.includes('picket-node')) continue;
    const content = await readFile(join(one, file), 'latin1');
    if ([project, folder, '/picket-dist-'].some((path) => content.includes(path))) telling.push(file);
  }
  t.same(telling, [], 'no file names a folder of the build');
});

t.test('what is built is of the time of its commit', async (t) => {
  const folder = await scratch(t);
  const now = Math.floor(Date.now() / 1000);
  t.match(await buildTime({ SOURCE_DATE_EPOCH: '1790000000' }, folder), { seconds: 1_790_000_000 });
  await t.rejects(buildTime({ SOURCE_DATE_EPOCH: 'yesterday' }, folder), /SOURCE_DATE_EPOCH is yesterday/);
  const none = await buildTime({ ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() }, folder);
  t.ok(none.seconds >= now && none.from.startsWith('now'), 'without git it is of now');

  const git = (...args: string[]) =>
    run('git', ['-C', folder, '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args], {
      env: { ...process.env, GIT_COMMITTER_DATE: '1780000000 +0800' },
    });
  await git('init', '--quiet');
  await writeFile(join(folder, 'a'), 'a\n');
  await git('add', 'a');
  await git('commit', '--quiet', '--message=x');
  t.match(await buildTime(process.env, folder), { seconds: 1_780_000_000, from: 'its commit' });
  await writeFile(join(folder, 'a'), 'b\n');
  const changed = await buildTime(process.env, folder);
  t.ok(changed.seconds >= now && changed.from.includes('changes'), 'a file that no commit has makes it of now');
});
