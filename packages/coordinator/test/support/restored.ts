import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { restore } from '../../src/commands/restore.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { newId } from '../../src/random-names.ts';
import type { TestCoordinator } from './coordinator.ts';

/** A backup of a running coordinator; the function loses its store and restores it from that. */
export async function backedUp(coordinator: TestCoordinator): Promise<() => Promise<void>> {
  const { config, clock } = coordinator;
  const folder = join(config.dataDir, '..');
  const configFile = join(folder, 'coordinator.yml');
  const file = join(folder, 'backup.tar.gz');
  writeFileSync(configFile, stringify(config));
  const now = () => clock.now;
  await coordinator.running.backups.make(async (archive) => copyFileSync(archive, file));
  return () =>
    coordinator.restart(async () => {
      rmSync(placesIn(config.dataDir).database);
      await restore({ file, configFile, now, newId });
    });
}
