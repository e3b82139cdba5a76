import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentVersion } from '@picket/agent/program/version.ts';
import { version as cliVersion } from '@picket/cli/version.ts';
import { version as coordinatorVersion } from '@picket/coordinator/model/own-version.ts';
import t from 'tap';
import { version } from '../../scripts/build/project.ts';

const project = join(import.meta.dirname, '../..');
const read = (path: string) => readFile(join(project, path), 'utf8');

t.test('package.json’s version is that of all programs and packages', async (t) => {
  t.match(version, /^\d+\.\d+\.\d+$/);
  t.equal(agentVersion, version, 'the agent');
  t.equal(coordinatorVersion, version, 'the coordinator');
  t.equal(cliVersion, version, 'picket');
  for (const name of await readdir(join(project, 'packages'))) {
    const manifest = JSON.parse(await read(`packages/${name}/package.json`)) as { readonly version: string };
    t.equal(manifest.version, version, `packages/${name}`);
  }
});
