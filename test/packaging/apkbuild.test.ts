import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { filesBelow } from '../../scripts/build/place.ts';
import { runToEnd } from '../support/children.ts';
import { builtFor } from '../support/distribution.ts';
import { installerFunctions } from './installer-functions.ts';

const apkbuild = join(import.meta.dirname, '../../packaging/alpine/APKBUILD');

// Does for the functions of an APKBUILD what abuild does around them: amove takes files out of the main package.
const abuild = `
  set -eu
  amove() { for path; do mkdir -p "$(dirname "$subpkgdir/$path")"; mv "$pkgdir/$path" "$subpkgdir/$path"; done; }
  . "$1"
  pkgdir=$2/$pkgname
  package
  for subpackage in $subpackages; do
    IFS=: read -r name split arch <<-END
	$subpackage
	END
    subpkgdir=$2/$name
    $split
  done`;

// Sets what the function of this subpackage declares, and moves nothing.
const declared = `
  set -eu
  amove() { :; }
  install() { :; }
  . "$1"
  subpkgdir=
  agent
  echo "$depends"`;

t.test('the agent’s package brings no etcd: a member may run a release', async (t) => {
  const { code, stdout, stderr } = await runToEnd('sh', ['-c', declared, 'sh', apkbuild]);
  t.equal(code, 0, stderr);
  t.strictSame(stdout.trim(), 'nodejs>=22.19');
});

// abuild refuses a script that it does not find, and one that is named after none of the packages.
t.test('APKBUILD names each script, and the package whose it is', async (t) => {
  const { stdout } = await runToEnd('sh', ['-c', '. "$1"; echo $install; echo $pkgname $subpackages', 'sh', apkbuild]);
  const [scripts = [], packages = []] = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const files = await readdir(dirname(apkbuild));
  const present = files.filter((file) => /\.(?:pre|post)-/.test(file));
  t.strictSame(scripts.toSorted(), present.toSorted());
  const names = packages.map((one) => one.split(':')[0]);
  t.strictSame(
    scripts.filter((script) => !names.includes(script.split('.')[0])),
    [],
  );
});

/** What a script of a package asks OpenRC for. */
async function asks(t: Test, script: string): Promise<readonly string[]> {
  const openrc = ['rc-service', 'rc-update'].map((name) => [name, `echo "${name} $*"`]);
  const { code, stdout, stderr } = await installerFunctions(t, Object.fromEntries(openrc)).run(
    `. ${join(dirname(apkbuild), script)}`,
  );
  t.equal(code, 0, stderr);
  return stdout.trim().split('\n');
}

t.test('the packages of the services stop and disable them on removal, and no script stops etcd', async (t) => {
  for (const name of ['picket-agent', 'picket-coordinator']) {
    t.strictSame(await asks(t, `${name}-openrc.pre-deinstall`), [
      `rc-service --quiet --ifstarted ${name} stop`,
      `rc-update --quiet delete ${name}`,
    ]);
  }
});

t.test('an upgrade of a package restarts its service, if that runs', async (t) => {
  for (const name of ['picket-agent', 'picket-coordinator'])
    t.strictSame(await asks(t, `${name}.post-upgrade`), [`rc-service --quiet --ifstarted ${name} restart`]);
});

t.test('APKBUILD puts each file into one package', async (t) => {
  const built = await builtFor(t);
  const folder = await mkdtemp(join(tmpdir(), 'picket-apk-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  // The functions find dist/ where the build left it.
  const source = join(folder, 'source');
  const packages = join(folder, 'packages');
  const lines = `mkdir -p "$1" && ln -s "$2" "$1/dist"`;
  await runToEnd('sh', ['-c', lines, 'sh', source, built]);
  const { code, stderr } = await runToEnd('sh', ['-c', abuild, 'sh', apkbuild, packages], {
    cwd: source,
    env: { CARCH: 'aarch64' },
  });
  t.equal(code, 0, stderr);

  const files = (await filesBelow(packages)).filter((file) => !/sqlite3\/lib|\/install\//.test(file));
  t.same(files, [
    'picket-agent-openrc/etc/conf.d/picket-agent',
    'picket-agent-openrc/etc/init.d/picket-agent',
    'picket-agent/usr/bin/picket-agent',
    'picket-agent/usr/lib/picket/picket-agent.cjs',
    'picket-bash-completion/usr/share/bash-completion/completions/picket',
    'picket-coordinator-openrc/etc/conf.d/picket-coordinator',
    'picket-coordinator-openrc/etc/init.d/picket-coordinator',
    'picket-coordinator/usr/bin/picket-coordinator',
    'picket-coordinator/usr/lib/picket/node_modules/better-sqlite3/LICENSE',
    'picket-coordinator/usr/lib/picket/node_modules/better-sqlite3/package.json',
    'picket-coordinator/usr/lib/picket/node_modules/better-sqlite3/prebuilds/linuxmusl-arm64.node',
    'picket-coordinator/usr/lib/picket/picket-coordinator.cjs',
    'picket-fish-completion/usr/share/fish/vendor_completions.d/picket.fish',
    'picket-zsh-completion/usr/share/zsh/site-functions/_picket',
    'picket/usr/bin/picket',
    'picket/usr/lib/picket/picket.cjs',
    'picket/usr/share/licenses/picket/LICENSE',
    'picket/usr/share/licenses/picket/LICENSES-THIRD-PARTY',
  ]);
});
