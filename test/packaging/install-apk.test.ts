import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { installerFunctions } from './installer-functions.ts';

const apk = readFileSync(join(import.meta.dirname, '../lab/blank/usr/sbin/apk'), 'utf8');

/** The functions of the install script on a machine with the lab's apk, and with packages that are empty. */
function machine(t: Test, programs: Readonly<Record<string, string>> = {}) {
  const made = installerFunctions(t, { apk, ...programs }, ['/etc/apk', '/lib/apk/db', '/run/apk', '/usr/share/lab']);
  const at = (path: string) => join(made.folder, path);
  for (const name of ['nodejs', 'chrony', 'foreign'])
    mkdirSync(at(`usr/share/lab/packages/${name}`), { recursive: true });
  const repositories = (text: string) => writeFileSync(at('etc/apk/repositories'), text);
  repositories('https://mirror.invalid/v3.23/main\n');
  const world = at('etc/apk/world');
  writeFileSync(world, '');
  return {
    ...made,
    repositories,
    readRepositories: () => readFileSync(at('etc/apk/repositories'), 'utf8'),
    world: () => readFileSync(world, 'utf8').trim().split('\n').join(' '),
    breaksPackage: () => writeFileSync(at('usr/share/lab/broken-package'), 'foreign'),
  };
}

// What the script wants, and no record of it.
const wants = (
  names: string,
) => `system=alpine takes_node=yes; missing_packages() { missing='${names}' upgrades_node=no; }
  add_community() { :; }; note_added() { :; }; install_packages`;

t.test('an installation is complete although apk reports an error of another package', async (t) => {
  const { run, world, breaksPackage } = machine(t);
  breaksPackage();
  const { code, stdout, stderr } = await run(wants('nodejs chrony'));
  t.equal(code, 0, stderr);
  t.match(stdout, /^✓ installed nodejs chrony$/m);
  t.match(stderr, /^! apk installed all, and reported an error of another package:$/m);
  t.match(stderr, /^ERROR: foreign-1\.0-r0\.post-install: script exited with error 1$/m);
  t.equal(world(), 'nodejs chrony');
});

t.test('a rollback removes the packages although apk reports an error of another package', async (t) => {
  const { run, world, breaksPackage } = machine(t);
  breaksPackage();
  const { code, stderr } = await run(`${wants('nodejs chrony')}; fail 'it went wrong' 'Try again.'`);
  t.equal(code, 1);
  t.match(stderr, /^This machine is as it was\.$/m);
  t.equal(world(), '');
});

t.test('a rollback has nothing to do if apk has installed nothing', async (t) => {
  const { run, world } = machine(t);
  const { code, stderr } = await run(wants('nodejs unknown'));
  t.equal(code, 1);
  t.match(stderr, /^ {2}unknown \(no such package\):$/m);
  t.match(stderr, /^This machine is as it was\.$/m);
  t.notMatch(stderr, 'not undone');
  t.equal(world(), '');
});

t.test('a rollback that leaves a package says so', async (t) => {
  const { run } = machine(t);
  const { stderr } = await run(`${wants('nodejs')}; is_installed() { true; }; fail 'it went wrong' 'Try again.'`);
  t.match(stderr, /^ {2}not undone: take_back nodejs$/m);
});

t.test('the rollback of an upgraded nodejs leaves the package that was installed before', async (t) => {
  const { run, world } = machine(t, { node: 'echo v22.23.2' });
  const { stderr } = await run(
    `system=alpine; apk add nodejs; : >"$1/etc/apk/world"; note_added() { :; }; add_community() { :; }
    upgrade_nodejs; is_installed() { true; }; fail 'it went wrong' 'Try again.'`,
  );
  t.match(stderr, /^This machine is as it was\.$/m);
  t.equal(world(), '');
});

t.test('another apk is waited for', async (t) => {
  const { run, folder } = machine(t);
  const lock = 'sleep 2 & ln -s $! run/apk/lock';
  const { code, stderr } = await run(`cd ${folder}; ${lock}; ! apk add chrony && ${wants('nodejs')}`);
  t.equal(code, 0, stderr);
  t.match(stderr, /^ERROR: Unable to lock database: temporary error/, 'which fails without the wait');
});

t.test('the cause comes first in the output of apk, and is shown', async (t) => {
  const fetches = ['main', 'community'].map((part) => `echo fetch https://mirror.invalid/${part}/APKINDEX.tar.gz`);
  const required = [...'abcdefgh'].map((name) => `echo '  ${name} (no such package):'`);
  const failing = [...fetches, 'echo "WARNING: opening https://mirror.invalid: DNS: name does not exist"', ...required];
  const { run } = machine(t, { apk: `[ "$1" = --wait ] || exit 1; ${failing.join('; ')}; exit 1` });
  const { code, stderr } = await run(wants('nodejs'));
  t.equal(code, 1);
  t.match(stderr, /^WARNING: opening https:\/\/mirror\.invalid: DNS: name does not exist$/m);
  t.match(stderr, /^ {2}h \(no such package\):$/m);
  t.notMatch(stderr, 'fetch ');
  t.match(stderr, /^hint: .* check that its mirror can be reached\. /m);
});

// A clock that ntpd can set, where a time server answers.
const early = (answers: boolean) => ({
  date: `case $* in *%Y) cat "\${0%/*}/year" 2>/dev/null || echo 1970 ;; *) echo 1970-01-01 00:00:30Z ;; esac`,
  ntpd: answers ? `echo "$*" >&2; echo 2026 >"\${0%/*}/year"` : 'exit 1',
});

t.test('R14: in 1970, the clock is set before apk asks an https mirror', async (t) => {
  const { run } = machine(t, early(true));
  const { code, stdout, stderr } = await run(wants('chrony'));
  t.equal(code, 0, stderr);
  t.match(stdout, /^Setting the clock, which says 1970-01-01 00:00:30Z …$/m);
  t.notMatch(stderr, 'could not be set');
});

t.test('R14: in 1970 without a time server, the hint names the clock', async (t) => {
  const { run } = machine(t, early(false));
  const { code, stderr } = await run(wants('unknown'));
  t.equal(code, 1);
  t.match(stderr, /^! the clock could not be set: no time server answered within 30 s$/m);
  t.match(stderr, /^hint: .* set the clock of this machine, which says 1970-01-01 00:00:30Z: date -u -s /m);
});

t.test('an http mirror needs no clock', async (t) => {
  const { run, repositories } = machine(t, early(true));
  repositories('http://mirror.invalid/v3.23/main\n');
  const { stdout } = await run(wants('chrony'));
  t.notMatch(stdout, 'Setting the clock');
});

const community = 'system=alpine; note_added() { echo "noted $*"; }; add_community';

t.test('the community repository is added to the lines of apk 2 and of apk 3', async (t) => {
  const mirror = 'https://mirror.invalid/alpine/v3.23';
  const { run, repositories, readRepositories } = machine(t);
  for (const line of [`${mirror}/main`, `${mirror}/main/`, `${mirror} main`, `${mirror}  main testing`]) {
    repositories(`#${mirror}/community\n@edge ${mirror}/community\n${line}`);
    const { code, stdout, stderr } = await run(community);
    t.equal(code, 0, stderr);
    t.match(stdout, `noted repository ${mirror}/community\n`);
    t.match(readRepositories(), `\n${line}\n${mirror}/community\n`);
  }
  for (const line of [`${mirror}/community`, `${mirror} main community`, `${mirror} community testing`]) {
    repositories(`${mirror}/main\n${line}\n`);
    t.strictSame(await run(community), { code: 0, stdout: '', stderr: '' }, line);
  }
  for (const line of ['https://mirror.invalid/edge/main', `#${mirror}/main`, `@tag ${mirror} main`]) {
    repositories(`${line}\n`);
    t.match((await run(community)).stderr, '/etc/apk/repositories names no release of Alpine', line);
  }
});

t.test('a purge removes the community repository that the script added, also after a release upgrade', async (t) => {
  const mirror = 'https://mirror.invalid/alpine';
  const { run, repositories, readRepositories } = machine(t);
  const added = `system=alpine added='repository ${mirror}/v3.22/community'; take_off_added`;
  const others = `${mirror}/v3.24/main\n@etcd35 ${mirror}/v3.22/community\nhttps://other.invalid/v3.24/community\n`;
  for (const release of ['v3.22', 'v3.24', 'latest-stable']) {
    repositories(`${others}${mirror}/${release}/community\n`);
    const { code, stderr } = await run(added);
    t.equal(code, 0, stderr);
    t.equal(readRepositories(), others);
  }
  t.strictSame((await run(added)).stderr, '', 'nothing is left to remove');
  t.equal(readRepositories(), others);
});

t.test('a purge removes the packages that are still there', async (t) => {
  const { run, world } = machine(t);
  const { stderr } = await run(`system=alpine; apk add chrony foreign; remove_packages unknown chrony`);
  t.equal(stderr, '');
  t.equal(world(), 'foreign');
});

t.test('a purge removes what apk has put beside our files', async (t) => {
  const { run } = machine(t);
  const made = `cd "$1"; echo '# Written by Picket' >ours; echo other >theirs; touch ours.apk-new theirs.apk-new`;
  const { stdout } = await run(`${made}; for file in ours theirs; do remove_ours "$1/$file"; done; ls ours* theirs*`);
  t.equal(stdout, 'theirs\ntheirs.apk-new\n');
});
