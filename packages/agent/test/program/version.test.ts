import { readFileSync } from 'node:fs';
import t from 'tap';
import { agentVersion } from '../../src/program/version.ts';

t.test('the version is the package’s', async (t) => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  t.equal(agentVersion, manifest.version);
});
