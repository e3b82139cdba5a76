import { access, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { completionScripts } from '@picket/cli/completion/scripts.ts';
import { longPages } from '../docs/long-pages.ts';
import { placeAlpinePackages } from './alpine/packages.ts';
import type { SigningKey } from './alpine/signing-key.ts';
import type { BuildTime } from './build-time.ts';
import { placeDebianPackages } from './debian/packages.ts';
import { thirdPartyLicences } from './licences.ts';
import { nodeArchives, nodePins } from './node-archives.ts';
import { placeCopy, placeText } from './place.ts';
import { bundleAgent, bundleCli, bundleCoordinator } from './programs.ts';
import { root } from './project.ts';
import { placeSqlite } from './sqlite.ts';
import { writeSums } from './sums.ts';

/** Copied as they are: from where in the project, to where in the folder, with which permissions. */
const copies: readonly (readonly [from: string, to: string, mode: number])[] = [
  ['LICENSE', 'LICENSE', 0o644],
  ...['picket', 'picket-agent', 'picket-coordinator'].map(
    (name) => [`packaging/bin/${name}`, `bin/${name}`, 0o755] as const,
  ),
  ...['picket-agent', 'picket-coordinator'].flatMap(
    (name) =>
      [
        [`packaging/openrc/${name}.initd`, `openrc/${name}.initd`, 0o755],
        [`packaging/openrc/${name}.confd`, `openrc/${name}.confd`, 0o644],
        [`packaging/systemd/${name}.service`, `systemd/${name}.service`, 0o644],
      ] as const,
  ),
  ['packaging/systemd/picket-coordinator.sysusers', 'systemd/picket-coordinator.sysusers', 0o644],
  ...['agent.yml', 'coordinator.yml'].map((name) => [`etc/${name}`, `etc/${name}`, 0o644] as const),
  ['packaging/prometheus/picket-alerts.yml', 'prometheus/picket-alerts.yml', 0o644],
  ['packaging/grafana/picket.json', 'grafana/picket.json', 0o644],
  ['packaging/bin/picket-agent', 'install/picket-agent', 0o755],
  ['packaging/openrc/picket-agent.initd', 'install/picket-agent.initd', 0o755],
  ['packaging/openrc/picket-agent.confd', 'install/picket-agent.confd', 0o644],
  ['packaging/systemd/picket-agent.service', 'install/picket-agent.service', 0o644],
];

/** The scripts of `picket completion`, by the names under which shells look for them. */
const completions = [
  ['picket.bash', completionScripts.bash],
  ['_picket', completionScripts.zsh],
  ['picket.fish', completionScripts.fish],
] as const;

/** What an installer gets from the coordinator and that need not be there. */
const installer = 'packaging/install.sh';

/** Makes the whole of what is handed out in a folder, which holds nothing else then. Gives back what signed Alpine's packages. */
export async function buildDistribution(folder: string, time: BuildTime, env: NodeJS.ProcessEnv): Promise<SigningKey> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const inputs = await Promise.all([
    bundleAgent(join(folder, 'picket-agent.cjs'), time),
    bundleCoordinator(join(folder, 'picket-coordinator.cjs')),
    bundleCli(join(folder, 'picket.cjs')),
  ]);
  await placeSqlite(join(folder, 'node_modules/better-sqlite3'));
  for (const [from, to, mode] of copies) await placeCopy(join(root, from), join(folder, to), mode);
  for (const [name, script] of completions) await placeText(join(folder, 'completions', name), script, 0o644);
  await placeCopy(join(folder, 'picket-agent.cjs'), join(folder, 'install/picket-agent.cjs'), 0o755);
  if (await isThere(join(root, installer))) {
    await placeCopy(join(root, installer), join(folder, 'install/install.sh'), 0o755);
  }
  const archives = await nodeArchives({ pins: await nodePins() });
  for (const { name, file } of archives) await placeCopy(file, join(folder, 'install', name), 0o644);
  await placeText(join(folder, 'LICENSES-THIRD-PARTY'), await thirdPartyLicences(inputs.flat()), 0o644);
  for (const [name, page] of Object.entries(await longPages()))
    await placeText(join(folder, 'docs/reference', name), page, 0o644);
  await placeDebianPackages(folder, archives, time.seconds);
  const key = await placeAlpinePackages(folder, env, time.seconds);
  // Last of all: a folder without it is one of a build that did not finish.
  await writeSums(folder);
  return key;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
