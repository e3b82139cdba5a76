import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ensureDebianTool } from './debian-packages.ts';
import { ensureEtcd } from './etcd-binaries.ts';

const etcdPrograms = ['etcd', 'etcdctl', 'etcdutl'];

/** Puts shell scripts that pose as programs into a folder. */
async function fakePrograms(folder: string, scripts: Record<string, string>): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

function fakeEtcd(folder: string, version: string): Promise<string> {
  return fakePrograms(folder, { etcd: `echo "etcd Version: ${version}"`, etcdctl: '', etcdutl: '' });
}

/** A Debian whose packages hold scripts; apt's lists are there only after `apt-get update` where `listed` is false. */
function fakeDebian(folder: string, { listed = true, broken = false } = {}): Promise<string> {
  const reach = 'PATH=$PATH:/usr/bin:/bin';
  return fakePrograms(folder, {
    'apt-config': 'echo \'Acquire::Proxy "kept";\'; echo \'APT::Update::Post-Invoke:: "rm important";\'',
    'apt-get': `${reach}
      grep -q Invoke "$APT_CONFIG" && exit 9
      grep -q kept "$APT_CONFIG" || exit 9
      echo "$2" >> ${folder}/calls
      if [ "$2" = update ]; then touch updated; exit 0; fi
      ${listed ? '' : '[ -e updated ] || { echo "E: Unable to locate package" >&2; exit 100; }'}
      touch etcd-client_1_amd64.deb etcd-server_1_amd64.deb`,
    'dpkg-deb': `${reach}
      if [ "$1" = -f ]; then echo 9.9-1; exit 0; fi
      ${broken ? 'exit 2' : ''}
      mkdir -p "$3/usr/bin"
      for p in ${etcdPrograms.join(' ')}; do
        printf '#!/bin/sh\\necho "etcd Version: 9.9"\\n' > "$3/usr/bin/$p"; chmod 755 "$3/usr/bin/$p"
      done`,
  });
}

t.test('an etcd that is already there is taken', async (t) => {
  const home = t.testdir();
  const say = (line: string) => t.fail(`it said: ${line}`);
  const given = await fakeEtcd(join(home, 'given'), '3.6.1');
  const onPath = await fakeEtcd(join(home, 'path'), '3.5.1');

  const fromVariable = await ensureEtcd({ env: { HOME: home, PATH: onPath, PICKET_ETCD_DIR: given }, say });
  t.same(fromVariable, {
    etcd: join(given, 'etcd'),
    etcdctl: join(given, 'etcdctl'),
    etcdutl: join(given, 'etcdutl'),
    version: '3.6.1',
  });
  t.match(await ensureEtcd({ env: { HOME: home, PATH: onPath }, say }), { version: '3.5.1' });
});

t.test('a PICKET_ETCD_DIR without etcd is an error, not passed over', async (t) => {
  const home = t.testdir();
  const onPath = await fakeEtcd(join(home, 'path'), '3.5.1');
  const env = { HOME: home, PATH: onPath, PICKET_ETCD_DIR: home };
  await t.rejects(ensureEtcd({ env, say: () => {} }), { message: /PICKET_ETCD_DIR is .*does not hold/ });
});

t.test('without an etcd and without apt it names what to install', async (t) => {
  const home = t.testdir();
  await t.rejects(ensureEtcd({ env: { HOME: home, PATH: home }, say: () => {} }), { message: /apk add etcd.*brew/ });
});

t.test('an etcd on PATH without etcdctl is not enough', async (t) => {
  const home = t.testdir();
  const path = await fakePrograms(join(home, 'path'), { etcd: '' });
  await t.rejects(ensureEtcd({ env: { HOME: home, PATH: path }, say: () => {} }), { message: /No etcd was found/ });
});

t.test('Debian’s packages are unpacked once, and the machine’s hooks do not run', async (t) => {
  const home = t.testdir();
  const path = await fakeDebian(join(home, 'debian'));
  const said: string[] = [];
  const surroundings = { env: { HOME: home, PATH: path }, say: (line: string) => said.push(line) };

  const first = await ensureEtcd(surroundings);
  t.equal(first.etcd, join(home, `.cache/picket/etcd/9.9-1-${process.arch}/usr/bin/etcd`));
  t.equal(first.version, '9.9');
  t.same(await ensureEtcd(surroundings), first);
  t.equal(said.length, 1);
  t.match(said[0], /etcd-server and etcd-client.*nothing is installed/);
  t.same(await readdir(join(home, '.cache/picket/etcd')), [`9.9-1-${process.arch}`]);
});

t.test('XDG_CACHE_HOME moves the cache', async (t) => {
  const home = t.testdir();
  const path = await fakeDebian(join(home, 'debian'));
  const env = { HOME: home, PATH: path, XDG_CACHE_HOME: join(home, 'elsewhere') };
  t.match(await ensureEtcd({ env, say: () => {} }), { etcd: new RegExp(join(home, 'elsewhere/picket/etcd')) });
});

t.test('without package lists it fetches lists of its own', async (t) => {
  const home = t.testdir();
  const path = await fakeDebian(join(home, 'debian'), { listed: false });
  t.match(await ensureEtcd({ env: { HOME: home, PATH: path }, say: () => {} }), { version: '9.9' });
});

t.test('several processes at once agree and leave nothing behind', async (t) => {
  const home = t.testdir();
  const path = await fakeDebian(join(home, 'debian'));
  const surroundings = { env: { HOME: home, PATH: path }, say: () => {} };
  const found = await Promise.all(Array.from({ length: 4 }, () => ensureEtcd(surroundings)));
  t.equal(new Set(found.map(({ etcd }) => etcd)).size, 1);
  t.same(await readdir(join(home, '.cache/picket/etcd')), [`9.9-1-${process.arch}`]);
});

t.test('a failure says why and leaves nothing behind', async (t) => {
  const home = t.testdir();
  const path = await fakeDebian(join(home, 'debian'), { broken: true });
  await t.rejects(ensureEtcd({ env: { HOME: home, PATH: path }, say: () => {} }), {
    message: /Debian's etcd-server and etcd-client could not be unpacked/,
  });
  t.same(await readdir(join(home, '.cache/picket/etcd')), []);
});

t.test('a tool that is neither on PATH nor in a package here is named', async (t) => {
  const home = t.testdir();
  const surroundings = { env: { HOME: home, PATH: home }, say: () => {} };
  await t.rejects(ensureDebianTool('golang-cfssl', 'cfssl', surroundings), { message: /cfssl is not on PATH/ });
});

t.test('this machine has an etcd or can unpack one', async (t) => {
  const { version } = await ensureEtcd();
  t.match(version, /^3\.\d+\.\d+/);
});
