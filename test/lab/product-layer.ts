import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runToEnd } from '../support/children.ts';
import { programs } from '../support/programs.ts';
import { type Seam, withSeam } from './seam.ts';

const project = join(import.meta.dirname, '../..');

/** What the package puts on a host beside the built agent: from where in the project, and with which permissions. */
const files = {
  'usr/bin/picket-agent': { from: 'packaging/bin/picket-agent', mode: 0o755 },
  'etc/init.d/picket-agent': { from: 'packaging/openrc/picket-agent.initd', mode: 0o755 },
  'etc/conf.d/picket-agent': { from: 'packaging/openrc/picket-agent.confd', mode: 0o644 },
};

/** What a coordinator hands out to machines that are to become nodes, by the names that it knows it by. */
export async function makeInstallFolder(folder: string): Promise<void> {
  await buildAgent(join(folder, 'picket-agent.cjs'));
  for (const path of ['install.sh', 'bin/picket-agent', ...services])
    await copyFile(join(project, 'packaging', path), join(folder, basename(path)));
}

const services = ['openrc/picket-agent.initd', 'openrc/picket-agent.confd', 'systemd/picket-agent.service'];

/** Builds the agent, and lays it and its service's files into a folder as they would lie on a host. */
export async function makeProductLayer(folder: string, seam?: Seam): Promise<void> {
  const agent = join(folder, 'usr/lib/picket/picket-agent.cjs');
  await buildAgent(agent);
  if (seam !== undefined) await writeFile(agent, withSeam(await readFile(agent, 'utf8'), seam));
  for (const [path, { from, mode }] of Object.entries(files)) {
    const to = join(folder, path);
    await mkdir(dirname(to), { recursive: true });
    await copyFile(join(project, from), to);
    await chmod(to, mode);
  }
}

async function buildAgent(outfile: string): Promise<void> {
  await mkdir(dirname(outfile), { recursive: true });
  if (programs.agent.endsWith('.cjs')) return copyFile(programs.agent, outfile);
  const built = await runToEnd(process.execPath, [join(project, 'scripts/build.ts'), outfile]);
  if (built.code !== 0) throw new Error(`the agent could not be built:\n${built.stdout}${built.stderr}`);
}
