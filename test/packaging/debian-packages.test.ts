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
  t.same((await Promise.all(debs.map(fieldsOf))).sort(), [
    'Package: picket\nArchitecture: all\n',
    'Package: picket-agent\nArchitecture: all\n',
    'Package: picket-coordinator\nArchitecture: amd64\n',
    'Package: picket-coordinator\nArchitecture: arm64\n',
  ]);

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
        t.ok(lines.length > 10);
        t.same(
          lines.filter((line) => !wanted.test(line)),
          [],
          deb.slice(folder.length),
        );
      }
    },
  );
});
